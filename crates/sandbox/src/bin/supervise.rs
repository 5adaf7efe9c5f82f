//! A program that is only the helpers, for this crate's tests; the service carries the same entries.

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    sandbox::dispatch(&args).unwrap_or(std::process::ExitCode::FAILURE)
}
