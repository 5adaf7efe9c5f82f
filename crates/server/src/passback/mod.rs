//! Where grades go, and what is known of it: launches, and which platforms answer at the moment.
//!
//! The loop that sends is in [`crate::loops`]; how a grade is put to a platform is in the crate `passback`.

mod address_book;
mod backoff;
mod breaker;
mod choice;
mod destinations;
mod launch;
mod remember;

pub use address_book::{AddressBook, Gradebook, Lti11, Lti13};
pub(crate) use backoff::backoff;
pub(crate) use breaker::{Breakers, Closed, Turn};
pub use destinations::{Destinations, NoDestination};
pub use launch::{KeptLaunch, KeptOutcome, KeptPlatform};
pub use remember::remember;
