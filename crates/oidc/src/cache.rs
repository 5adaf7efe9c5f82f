//! What another side publishes, kept for a while.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use model::ambient::Clock;

use crate::error::OidcError;

/// How long it is used before it is asked for again.
const KEPT: Duration = Duration::from_hours(1);
/// How long it is not asked for again although something is missing in it. Strangers can make it look so.
const UNKNOWN: Duration = Duration::from_mins(1);
/// For how long somebody who did not answer is not asked again, so that those who wait do not each wait their time.
const AWAY: Duration = Duration::from_secs(5);

/// Something published, asked for when it is first needed, and by one at a time.
pub(crate) struct Cache<T> {
    clock: Arc<dyn Clock>,
    state: Mutex<State<T>>,
    turn: tokio::sync::Mutex<()>,
}

struct State<T> {
    kept: Option<(Timestamp, Arc<T>)>,
    failed: Option<(Timestamp, OidcError)>,
}

impl<T> Cache<T> {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State { kept: None, failed: None };
        Self { clock, state: Mutex::new(state), turn: tokio::sync::Mutex::default() }
    }

    /// What is kept, if it is not old; else what `ask` finds, which is not begun otherwise.
    pub(crate) async fn get(
        &self,
        ask: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        self.younger_than(KEPT, ask).await
    }

    /// The same, asked for anew, if that was not done within the last minute.
    pub(crate) async fn renewed(
        &self,
        ask: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        self.younger_than(UNKNOWN, ask).await
    }

    async fn younger_than(
        &self,
        age: Duration,
        ask: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        if let Some(known) = self.known(age) {
            return known;
        }
        let _turn = self.turn.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(known) = self.known(age) {
            return known;
        }
        let asked = self.clock.now();
        let found = ask.await.map(Arc::new);
        let mut state = self.lock();
        match &found {
            Ok(value) => *state = State { kept: Some((asked, Arc::clone(value))), failed: None },
            Err(error) => state.failed = Some((self.clock.now(), error.clone())),
        }
        found
    }

    fn known(&self, age: Duration) -> Option<Result<Arc<T>, OidcError>> {
        let state = self.lock();
        if let Some((at, value)) = &state.kept
            && self.is_within(*at, age)
        {
            return Some(Ok(Arc::clone(value)));
        }
        let (at, error) = state.failed.as_ref()?;
        self.is_within(*at, AWAY).then(|| Err(error.clone()))
    }

    /// False too where the clock was set back.
    fn is_within(&self, at: Timestamp, time: Duration) -> bool {
        let age = self.clock.now().duration_since(at);
        !age.is_negative() && age.unsigned_abs() < time
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

    use super::*;

    #[derive(Default)]
    struct Set(AtomicI64);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_800_000_000 + self.0.load(Ordering::Relaxed)).unwrap()
        }
    }

    #[tokio::test]
    async fn it_is_asked_for_each_hour_and_anew_each_minute_at_most() {
        let (clock, asked) = (Arc::new(Set::default()), AtomicU32::new(0));
        let at = |second| clock.0.store(second, Ordering::Relaxed);
        let cache = Cache::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let ask = async || Ok(asked.fetch_add(1, Ordering::Relaxed));
        assert_eq!(*cache.get(ask()).await.unwrap(), 0);
        at(59);
        assert_eq!(*cache.renewed(ask()).await.unwrap(), 0);
        at(60);
        assert_eq!(*cache.get(ask()).await.unwrap(), 0);
        assert_eq!(*cache.renewed(ask()).await.unwrap(), 1);
        at(60 + 3599);
        assert_eq!(*cache.get(ask()).await.unwrap(), 1);
        at(60 + 3600);
        assert_eq!(*cache.get(ask()).await.unwrap(), 2);
        at(0);
        assert_eq!(*cache.get(ask()).await.unwrap(), 3, "the clock was set back");
    }

    #[tokio::test]
    async fn who_does_not_answer_is_left_alone_for_a_moment() {
        let (clock, asked) = (Arc::new(Set::default()), AtomicU32::new(0));
        let cache = Cache::<()>::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let ask = async || Err(OidcError::away(format!("{}", asked.fetch_add(1, Ordering::Relaxed))));
        assert_eq!(cache.get(ask()).await, Err(OidcError::away("0")));
        clock.0.store(4, Ordering::Relaxed);
        assert_eq!(cache.get(ask()).await, Err(OidcError::away("0")));
        clock.0.store(5, Ordering::Relaxed);
        assert_eq!(cache.get(ask()).await, Err(OidcError::away("1")));
    }
}
