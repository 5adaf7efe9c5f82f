//! The axum application: the API, the pages, and the loops that work.
//!
//! [`Workshop`] is what all of it needs, [`App`] what a request needs on top. [`router`] answers requests with it, and
//! [`Workers`] grade with it, in the same process or in one of their own.

mod api;
mod app;
mod extract;
mod loops;
mod news;
mod outage;
mod pages;
mod pressure;
mod router;
mod rules;
#[cfg(feature = "testing")]
pub mod testing;
mod workshop;

pub use api::admission::Turnstile;
pub use app::{App, Settings};
pub use loops::{Heart, Janitor, Keep, WorkSettings, Workers};
pub use news::News;
pub use outage::Outage;
pub use pressure::Pressure;
pub use router::router;
pub use rules::{CourseRules, Rules};
pub use workshop::Workshop;
