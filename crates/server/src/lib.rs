//! The axum application: the API, the pages, and the loops that work.
//!
//! [`App`] is everything a request or a loop needs; [`router`] answers requests with it, and [`Workers`] grade with it.

mod api;
mod app;
mod extract;
mod loops;
mod news;
mod pages;
mod router;
#[cfg(feature = "testing")]
pub mod testing;

pub use app::{App, Settings};
pub use loops::{WorkSettings, Workers};
pub use news::News;
pub use router::router;
