//! The axum application: the API, the pages, and the loops that work.
//!
//! [`Workshop`] is what all of it needs, [`App`] what a request needs on top. [`router`] answers requests with it, and
//! [`Workers`] grade with it, in the same process or in one of their own.

mod api;
mod app;
mod extract;
mod front;
mod identity;
mod intake;
mod loops;
mod lti;
mod news;
mod outage;
mod pages;
mod passback;
mod pressure;
mod router;
mod rules;
#[cfg(feature = "testing")]
pub mod testing;
mod workshop;

pub use api::admission::Turnstile;
pub use app::{App, Settings};
pub use front::Front;
pub use identity::{
    Door, Limits, Member, MemberError, Proxies, ProxiesError, RoleRules, SessionKey, Stash, WayIn,
};
pub use intake::Intake;
pub use loops::{Courier, CourierSettings, Heart, Janitor, Keep, WorkSettings, Workers};
pub use lti::{Lti, LtiRegistration, UserClaim, UserClaimError};
pub use news::News;
pub use outage::Outage;
pub use passback::{
    AddressBook, Destinations, Gradebook, KeptLaunch, KeptOutcome, KeptPlatform, Lti11, Lti13, NoDestination,
    remember,
};
pub use pressure::Pressure;
pub use router::router;
pub use rules::{CourseRules, Rules};
pub use workshop::Workshop;
