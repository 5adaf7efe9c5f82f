//! What the hub said lately, so that it is not asked at every request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use lru::LruCache;
use model::ambient::Clock;

use crate::{error::HubError, hub::HubOptions, token::TokenHash, user::HubUser};

/// Whose a token is, or why nobody's.
pub(crate) type Known = Result<Arc<HubUser>, HubError>;

/// Answers by the hashes of the tokens. Users and refusals apart, so that a flood of made-up tokens pushes out no user.
pub(crate) struct Answers {
    clock: Arc<dyn Clock>,
    options: HubOptions,
    users: Mutex<LruCache<TokenHash, Kept<Arc<HubUser>>>>,
    refusals: Mutex<LruCache<TokenHash, Kept<HubError>>>,
    turns: Mutex<HashMap<TokenHash, Arc<tokio::sync::Mutex<()>>>>,
    presence: Mutex<Option<Kept<Result<(), HubError>>>>,
}

struct Kept<T> {
    /// When the hub was asked, not when it answered: a token may have been revoked in between.
    asked: Timestamp,
    value: T,
}

/// The right to ask the hub about a token, for one at a time. Others wait, and find the answer.
pub(crate) struct Turn<'a> {
    answers: &'a Answers,
    hash: TokenHash,
    lock: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Answers {
    pub(crate) fn new(options: HubOptions, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            users: Mutex::new(LruCache::new(options.entries)),
            refusals: Mutex::new(LruCache::new(options.entries)),
            turns: Mutex::default(),
            presence: Mutex::default(),
            options,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An answer that still counts.
    pub(crate) fn fresh(&self, hash: TokenHash) -> Option<Known> {
        if let Some(user) = self.user(hash, self.options.known) {
            return Some(Ok(user));
        }
        let mut refusals = lock(&self.refusals);
        let refusal = refusals.get(&hash)?;
        let time = if refusal.value.is_verdict() { self.options.unknown } else { self.options.away };
        self.is_younger(refusal.asked, time).then(|| Err(refusal.value.clone()))
    }

    /// The user whose token it was when the hub was last asked, if that is not too long ago.
    pub(crate) fn last_known(&self, hash: TokenHash) -> Option<Arc<HubUser>> {
        self.user(hash, self.options.stale)
    }

    fn user(&self, hash: TokenHash, time: Duration) -> Option<Arc<HubUser>> {
        let mut users = lock(&self.users);
        let user = users.get(&hash)?;
        self.is_younger(user.asked, time).then(|| Arc::clone(&user.value))
    }

    pub(crate) fn keep(&self, hash: TokenHash, asked: Timestamp, known: &Known) {
        match known {
            Ok(user) => {
                lock(&self.refusals).pop(&hash);
                lock(&self.users).put(hash, Kept { asked, value: Arc::clone(user) });
            }
            Err(error) => {
                // Who is refused is nobody from now on; where nothing is known, what was known stays.
                if error.is_verdict() {
                    lock(&self.users).pop(&hash);
                }
                lock(&self.refusals).put(hash, Kept { asked, value: error.clone() });
            }
        }
    }

    pub(crate) fn forget(&self, hash: TokenHash) {
        lock(&self.users).pop(&hash);
        lock(&self.refusals).pop(&hash);
    }

    /// Whether the hub was there a moment ago.
    pub(crate) fn presence(&self, now: Timestamp) -> Option<Result<(), HubError>> {
        let presence = lock(&self.presence);
        let kept = presence.as_ref()?;
        let age = now.duration_since(kept.asked);
        (!age.is_negative() && age.unsigned_abs() < self.options.away).then(|| kept.value.clone())
    }

    pub(crate) fn keep_presence(&self, asked: Timestamp, found: &Result<(), HubError>) {
        *lock(&self.presence) = Some(Kept { asked, value: found.clone() });
    }

    /// Waits for the turn to ask about a token.
    pub(crate) async fn turn(&self, hash: TokenHash) -> Turn<'_> {
        let mine = Arc::clone(lock(&self.turns).entry(hash).or_default());
        let mut turn = Turn { answers: self, hash, lock: None };
        turn.lock = Some(mine.lock_owned().await);
        turn
    }

    /// False too where the clock was set back.
    fn is_younger(&self, asked: Timestamp, time: Duration) -> bool {
        let age = self.clock.now().duration_since(asked);
        !age.is_negative() && age.unsigned_abs() < time
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = lock(&self.answers.turns);
        drop(self.lock.take());
        // Whoever waits holds a clone; they clone it while holding `turns`, so the count is right.
        if turns.get(&self.hash).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(&self.hash);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::{scope::Scopes, token::Token};

    struct Set(AtomicI64);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_800_000_000 + self.0.load(Ordering::Relaxed)).unwrap()
        }
    }

    fn answers(entries: usize) -> (Arc<Set>, Answers) {
        let clock = Arc::new(Set(AtomicI64::new(0)));
        let options = HubOptions { entries: entries.try_into().unwrap(), ..HubOptions::default() };
        (Arc::clone(&clock), Answers::new(options, clock))
    }

    fn hash(token: &str) -> TokenHash {
        Token::parse(token).unwrap().hash()
    }

    fn ada() -> Arc<HubUser> {
        Arc::new(HubUser {
            name: "ada".parse().unwrap(),
            groups: std::iter::empty().collect(),
            scopes: Scopes::default(),
            is_admin: false,
            session_id: None,
        })
    }

    fn away() -> HubError {
        HubError::Away { problem: "x".into() }
    }

    #[test]
    fn a_user_is_one_for_half_a_minute_a_refusal_stands_for_seconds() {
        let (clock, answers) = answers(9);
        let at = |second| clock.0.store(second, Ordering::Relaxed);
        answers.keep(hash("a"), answers.now(), &Ok(ada()));
        answers.keep(hash("b"), answers.now(), &Err(HubError::Unknown));
        answers.keep(hash("c"), answers.now(), &Err(away()));
        assert_eq!(answers.fresh(hash("a")), Some(Ok(ada())));
        assert_eq!(answers.fresh(hash("b")), Some(Err(HubError::Unknown)));
        assert_eq!(answers.fresh(hash("d")), None);
        at(2);
        assert_eq!(answers.fresh(hash("c")), None);
        at(5);
        assert_eq!(answers.fresh(hash("b")), None);
        at(29);
        assert_eq!(answers.fresh(hash("a")), Some(Ok(ada())));
        at(30);
        assert_eq!(answers.fresh(hash("a")), None);
        at(-1);
        assert_eq!(answers.fresh(hash("a")), None, "the clock was set back");
    }

    #[test]
    fn a_session_outlives_a_hub_that_is_away_but_no_revocation() {
        let (clock, answers) = answers(9);
        answers.keep(hash("a"), answers.now(), &Ok(ada()));
        clock.0.store(3000, Ordering::Relaxed);
        answers.keep(hash("a"), answers.now(), &Err(away()));
        assert_eq!(answers.fresh(hash("a")), Some(Err(away())));
        assert_eq!(answers.last_known(hash("a")), Some(ada()));
        clock.0.store(3600, Ordering::Relaxed);
        assert_eq!(answers.last_known(hash("a")), None, "not for ever");

        answers.keep(hash("a"), answers.now(), &Ok(ada()));
        answers.keep(hash("a"), answers.now(), &Err(HubError::Unknown));
        answers.keep(hash("a"), answers.now(), &Err(away()));
        assert_eq!(answers.last_known(hash("a")), None);
        answers.keep(hash("a"), answers.now(), &Ok(ada()));
        answers.forget(hash("a"));
        assert_eq!((answers.fresh(hash("a")), answers.last_known(hash("a"))), (None, None));
    }

    #[test]
    fn a_flood_of_made_up_tokens_pushes_out_no_user() {
        let (_clock, answers) = answers(3);
        answers.keep(hash("a"), answers.now(), &Ok(ada()));
        for number in 0..100 {
            answers.keep(hash(&format!("made-up-{number}")), answers.now(), &Err(HubError::Unknown));
        }
        assert_eq!(answers.fresh(hash("a")), Some(Ok(ada())));
        assert_eq!((lock(&answers.users).len(), lock(&answers.refusals).len()), (1, 3));
    }

    #[tokio::test]
    async fn turns_leave_nothing_behind() {
        let (_clock, answers) = answers(3);
        let first = answers.turn(hash("a")).await;
        let mut second = Box::pin(answers.turn(hash("a")));
        tokio::select! {
            biased;
            _ = &mut second => panic!("two have the turn"),
            () = tokio::task::yield_now() => {}
        }
        drop(first);
        drop(second.await);
        let first = answers.turn(hash("a")).await;
        let given_up = Box::pin(answers.turn(hash("a")));
        drop(given_up);
        drop(first);
        assert!(lock(&answers.turns).is_empty());
    }
}
