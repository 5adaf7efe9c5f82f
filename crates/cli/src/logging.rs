//! Logs: structured, on standard error, for people or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::Log;

/// Starts logging. `RUST_LOG` overrides the configured level for those who know it.
pub(crate) fn start(log: &Log) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        let own =
            ["otter_service", "server", "store", "materials", "outbound", "grading", "judge", "sandbox"];
        let directives: Vec<_> = own.iter().map(|name| format!("{name}={}", log.level)).collect();
        EnvFilter::new(format!("warn,{}", directives.join(",")))
    });
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    if log.json {
        registry.with(layer.json().flatten_event(true)).init();
    } else {
        registry.with(layer.with_target(false)).init();
    }
}
