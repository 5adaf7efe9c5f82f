//! What a jail costs, from the order to start a job to the word that it is closed. `cargo bench -p jail`
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a measurement")]
#![expect(dead_code, reason = "the kit is the tests'")]

#[path = "../tests/jobs/kit.rs"]
mod kit;

use std::time::Instant;

use jail::Ceiling;
use kit::{As, LIMITS, Zygote};

fn main() {
    for ceiling in [Ceiling::Namespaces, Ceiling::NoNamespaces] {
        let zygote = Zygote::start(As::Self_, ceiling);
        let empty = tempfile::tempdir().unwrap();
        let (mut closed, mut ended) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let began = Instant::now();
            let job = zygote.job_with("shell", "sleep 10", LIMITS, empty.path());
            closed.push(began.elapsed());
            let began = Instant::now();
            job.close(Vec::new());
            ended.push(began.elapsed());
        }
        closed.sort();
        ended.sort();
        println!("{ceiling:?}: closed {:?} (90 %: {:?}), ended {:?}", closed[100], closed[180], ended[100]);
    }
}
