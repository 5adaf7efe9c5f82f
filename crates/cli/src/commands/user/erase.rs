//! `otter-service user erase`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use model::UserName;
use store::{JobState, Store, Whole};

use super::{each, entry, launches_of};
use crate::{commands::described::size, place::Place};

/// What there is of a user.
#[derive(Default)]
struct Sum {
    submissions: u64,
    notebook_bytes: u64,
    gradings: usize,
    grades: u64,
    deliveries: usize,
    events: usize,
    unfinished: u64,
    launches: usize,
    tokens: usize,
}

impl Sum {
    fn add(&mut self, whole: &Whole) {
        self.submissions += 1;
        self.notebook_bytes += size(whole);
        self.gradings += whole.gradings.len();
        self.grades += u64::from(whole.grade.is_some());
        self.deliveries += whole.passbacks.len();
        self.events += whole.events.len();
        self.unfinished += u64::from(matches!(whole.job.state, JobState::Queued | JobState::Leased));
    }

    fn show(&self, user: &UserName, place: &Place) {
        println!("{place} has of {user}'s:");
        let mib = self.notebook_bytes.div_ceil(1 << 20);
        println!("  {} submissions, {} of them not graded yet", self.submissions, self.unfinished);
        println!("  their notebooks, as submitted and as run, {mib} MiB");
        println!("  {} gradings, {} grades, {} deliveries", self.gradings, self.grades, self.deliveries);
        println!("  {} events", self.events);
        println!("  {} launches from a learning platform, {} tokens", self.launches, self.tokens);
    }
}

pub(super) async fn run(
    store: &dyn Store,
    place: &Place,
    user: &UserName,
    yes: bool,
) -> anyhow::Result<ExitCode> {
    let mut sum = Sum::default();
    each(store, user, |whole| {
        sum.add(&whole);
        Ok(())
    })
    .await?;
    sum.launches = launches_of(store, user).await?.len();
    sum.tokens = store.tokens(Some(user)).await?.len();
    // With --yes also where there is nothing: an erasure that was interrupted may have left other traces.
    if sum.submissions == 0 && sum.launches == 0 && sum.tokens == 0 && !yes {
        println!("{place} has nothing of {user}'s. Nothing was erased.");
        return Ok(ExitCode::FAILURE);
    }
    sum.show(user, place);
    if !yes && !confirmed(user)? {
        println!("Nothing was erased.");
        return Ok(ExitCode::FAILURE);
    }
    let detail = format!("{} submissions", sum.submissions);
    let erased = store.erase(user, &entry("erase", user, detail)).await?;
    println!("{erased} submissions were erased, with all that belonged to them. The audit trail stays.");
    println!("Backups that were made before still have them.");
    Ok(ExitCode::SUCCESS)
}

/// Whether whoever sits there means it.
fn confirmed(user: &UserName) -> anyhow::Result<bool> {
    print!("This cannot be undone. Type the user's name to erase all of it: ");
    io::stdout().flush()?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    // Where nobody types, the line goes on otherwise.
    if typed.is_empty() {
        println!();
    }
    Ok(typed.trim_end_matches(['\r', '\n']) == user.as_str())
}
