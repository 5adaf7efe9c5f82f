//! What was logged on this thread.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::subscriber::DefaultGuard;

/// Counts the errors that are logged on this thread while it lives.
pub(crate) struct Errors {
    count: Arc<AtomicUsize>,
    _guard: DefaultGuard,
}

impl Errors {
    pub(crate) fn count() -> Self {
        let count = Arc::default();
        let guard = tracing::subscriber::set_default(Count(Arc::clone(&count)));
        Self { count, _guard: guard }
    }

    /// How many since this was asked last.
    pub(crate) fn since(&self) -> usize {
        self.count.swap(0, Ordering::Relaxed)
    }
}

/// How many errors are logged on this thread meanwhile.
pub(crate) fn errors_logged(run: impl FnOnce()) -> usize {
    let errors = Errors::count();
    run();
    errors.since()
}

struct Count(Arc<AtomicUsize>);

impl tracing::Subscriber for Count {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
