//! Walking through two stores side by side, in the same order, with a page of each in memory.

use std::{cmp::Ordering, collections::VecDeque};

use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use store::Store;

use super::kinds::Kind;
use crate::commands::hex::hex;

/// How one of them stands in both.
pub(super) enum Found<'a, Item> {
    Same,
    /// As it is in the first store.
    Different(&'a Item),
    OnlyHere(&'a Item),
    OnlyThere(&'a Item),
}

/// What was met on the way through a store.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    all: Sha256,
}

impl Tally {
    fn add(&mut self, hash: &[u8; 32]) {
        self.count += 1;
        self.all.update(hash);
    }

    /// A hash over the hashes of all, in their order.
    pub(super) fn digest(&self) -> String {
        hex(self.all.clone().finalize())
    }
}

pub(super) struct Compared {
    pub(super) here: Tally,
    pub(super) there: Tally,
}

/// One of the two stores, and what was read of it and not used yet.
struct Walk<'a, K: Kind> {
    store: &'a dyn Store,
    page: VecDeque<K::Item>,
    last: Option<K::Id>,
    is_over: bool,
    tally: Tally,
}

impl<'a, K: Kind> Walk<'a, K> {
    fn through(store: &'a dyn Store) -> Self {
        Self { store, page: VecDeque::new(), last: None, is_over: false, tally: Tally::default() }
    }

    /// Reads on if nothing is left of what was read.
    async fn fill(&mut self) -> anyhow::Result<()> {
        if self.page.is_empty() && !self.is_over {
            self.page = K::page(self.store, self.last.as_ref(), K::PAGE).await?.into();
            self.is_over = self.page.is_empty();
            self.last = self.page.back().map(K::id).or(self.last.take());
        }
        Ok(())
    }

    fn take(&mut self) -> Option<(K::Item, [u8; 32])> {
        let item = self.page.pop_front()?;
        let hash = K::hash(&item);
        self.tally.add(&hash);
        Some((item, hash))
    }
}

/// Compares all that two stores hold of a kind. What is written to the second store on the way, under the ids that
/// are handed out, is not met again.
pub(super) async fn compare<K: Kind>(
    here: &dyn Store,
    there: &dyn Store,
    bar: &ProgressBar,
    mut each: impl AsyncFnMut(Found<'_, K::Item>) -> anyhow::Result<()>,
) -> anyhow::Result<Compared> {
    let (mut here, mut there) = (Walk::<K>::through(here), Walk::<K>::through(there));
    let mut bytes = 0;
    loop {
        here.fill().await?;
        there.fill().await?;
        let order = match (here.page.front(), there.page.front()) {
            (Some(one), Some(other)) => K::order(&K::id(one), &K::id(other)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return Ok(Compared { here: here.tally, there: there.tally }),
        };
        let one = if order.is_le() { here.take() } else { None };
        let other = if order.is_ge() { there.take() } else { None };
        bytes += one.as_ref().or(other.as_ref()).map_or(0, |(item, _)| K::size(item));
        each(match (&one, &other) {
            (Some((_, hash)), Some((_, other))) if hash == other => Found::Same,
            (Some((item, _)), Some(_)) => Found::Different(item),
            (Some((item, _)), None) => Found::OnlyHere(item),
            (None, Some((item, _))) => Found::OnlyThere(item),
            // One of the two pages had a first item.
            (None, None) => continue,
        })
        .await?;
        bar.inc(1);
        bar.set_prefix(format!("{} MiB", bytes >> 20));
        if bar.is_hidden() && bar.position().is_multiple_of(10_000) {
            eprintln!("{}: {} {}, {} MiB", bar.message(), bar.position(), K::NAME, bytes >> 20);
        }
    }
}
