//! The zygotes that are kept warm.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use sandbox::Supervisor;

use super::{
    kit,
    zygote::{Zygote, ZygoteError},
};
use crate::environment::EnvironmentInUse;

/// A zygote for each environment that is in use, started on first use.
pub(super) struct Zygotes {
    supervisor: Supervisor,
    /// Where the runner's kit is laid out.
    root: PathBuf,
    /// What all of them may use together, in bytes; the one used least recently goes first.
    most_memory_bytes: u64,
    warm: Mutex<HashMap<String, Arc<Slot>>>,
    uses: AtomicU64,
}

/// A place for one environment's zygote.
#[derive(Default)]
struct Slot {
    /// Locked while one starts, so that only one does.
    place: Mutex<Place>,
    last_use: AtomicU64,
}

#[derive(Default)]
struct Place {
    zygote: Option<Arc<Zygote>>,
    /// The modules that it has warm, or that a next one will have.
    wanted: BTreeSet<String>,
    /// Submissions that wanted more than it has.
    wanting: u32,
}

/// How many submissions have to want a module that is not warm before a zygote is started that has it. Fewer would
/// restart it for every student's whim; with more, a class waits for imports that could be warm.
const ENOUGH: u32 = 3;

impl Zygotes {
    pub(super) fn new(supervisor: Supervisor, root: PathBuf, most_memory_bytes: u64) -> Self {
        Self { supervisor, root, most_memory_bytes, warm: Mutex::default(), uses: 0.into() }
    }

    /// A zygote of the environment for a submission with these imports: a warm one that is as it was, else a new one.
    /// Blocks.
    pub(super) fn of(
        &self,
        environment: &EnvironmentInUse,
        imports: &BTreeSet<String>,
    ) -> Result<Arc<Zygote>, ZygoteError> {
        let slot = Arc::clone(lock(&self.warm).entry(environment.id.clone()).or_default());
        slot.last_use.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let mut place = lock(&slot.place);
        if place.lacks(environment, imports) {
            place.wanting += 1;
        }
        let is_good = |zygote: &&Arc<Zygote>| zygote.is_alive() && !zygote.has_drifted();
        if let Some(zygote) = place.zygote.as_ref().filter(is_good).filter(|_| place.wanting < ENOUGH) {
            return Ok(Arc::clone(zygote));
        }
        place.want(environment, imports);
        // Jobs that still run keep the old one until they end.
        if let Some(old) = place.zygote.take() {
            tracing::info!(environment = %environment.id, alive = old.is_alive(), "a zygote is replaced");
        }
        let began = Instant::now();
        let kit = kit::lay_out(&self.root)?;
        let zygote = Arc::new(Zygote::start(&self.supervisor, environment, &kit, &self.root, &place.wanted)?);
        tracing::info!(
            environment = %environment.id,
            seconds = began.elapsed().as_secs_f64(),
            memory_mib = zygote.memory_bytes() >> 20,
            "a zygote is warm"
        );
        place.zygote = Some(Arc::clone(&zygote));
        drop(place);
        self.make_room(&environment.id);
        Ok(zygote)
    }

    /// Lets go of the zygotes used least recently until the rest fits into the memory they may use; never of the newest.
    fn make_room(&self, newest: &str) {
        let mut warm = lock(&self.warm);
        let mut by_use: Vec<_> = warm
            .iter()
            .map(|(id, slot)| (slot.last_use.load(Ordering::Relaxed), id.clone(), Arc::clone(slot)))
            .collect();
        by_use.sort_by_key(|(last_use, ..)| std::cmp::Reverse(*last_use));
        let mut used = 0;
        for (_, id, slot) in by_use {
            // One that is just being started counts at its next use.
            let memory = slot
                .place
                .try_lock()
                .ok()
                .and_then(|place| Some(place.zygote.as_ref()?.memory_bytes()))
                .unwrap_or(0);
            used += memory;
            if used > self.most_memory_bytes && id != newest {
                tracing::info!(environment = %id, "a zygote is let go: the warm ones use too much memory");
                warm.remove(&id);
                used -= memory;
            }
        }
    }
}

impl Place {
    /// Whether the submission imports something that could be warm and is not.
    fn lacks(&self, environment: &EnvironmentInUse, imports: &BTreeSet<String>) -> bool {
        useful(environment, imports).any(|name| !self.wanted.contains(name))
    }

    fn want(&mut self, environment: &EnvironmentInUse, imports: &BTreeSet<String>) {
        self.wanted.extend(useful(environment, imports).cloned());
        self.wanting = 0;
    }
}

/// The imports that may be preloaded, or whose dependencies may.
fn useful<'a>(
    environment: &'a EnvironmentInUse,
    imports: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a String> {
    let preload = &environment.preload;
    imports.iter().filter(|name| preload.modules.contains(name) || preload.refused.contains_key(*name))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
