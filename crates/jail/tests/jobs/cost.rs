//! What a jail costs. Run by hand: `cargo test -p jail --release --test cost -- --ignored --nocapture`.

use std::time::Instant;

use crate::kit::{As, LIMITS, Zygote};
use jail::Ceiling;

#[test]
#[ignore = "a measurement"]
fn a_jail_costs_some_milliseconds() {
    for ceiling in [Ceiling::Namespaces, Ceiling::NoNamespaces] {
        let zygote = Zygote::start(As::Self_, ceiling);
        let empty = tempfile::tempdir().unwrap();
        let (mut closed, mut ended) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            let began = Instant::now();
            let job = zygote.job_with("shell", "sleep 10", LIMITS, empty.path());
            closed.push(began.elapsed());
            let began = Instant::now();
            job.close(Vec::new());
            ended.push(began.elapsed());
        }
        closed.sort();
        ended.sort();
        eprintln!("{ceiling:?}: closed {:?} (90 %: {:?}), ended {:?}", closed[50], closed[90], ended[50]);
    }
}
