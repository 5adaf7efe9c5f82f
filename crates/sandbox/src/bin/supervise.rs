//! A program that is only the supervisor, for this crate's tests; the service carries the same entry.

fn main() -> std::process::ExitCode {
    sandbox::supervise(std::env::args().skip(1))
}
