//! The entries by which the service's executable, started again, becomes one of its helpers.

use std::process::ExitCode;

use crate::supervise;

/// Does the work of a supervisor, of a zygote's stage or of a probe if that is what the arguments (without the program's name)
/// say; `None` if this is to be the service itself. Must be called before any thread is started.
#[must_use]
pub fn dispatch(args: &[String]) -> Option<ExitCode> {
    match args.first()?.as_str() {
        supervise::COMMAND => Some(supervise::main()),
        jail::zygote::COMMAND => Some(jail::zygote::main()),
        jail::probe::COMMAND => Some(crate::probe::main()),
        _ => None,
    }
}
