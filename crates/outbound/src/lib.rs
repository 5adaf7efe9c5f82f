//! The one HTTP client with which the service calls others (attack 57).
//!
//! URLs come from configuration, from a course's files, from an LMS, from `Location` headers. So that none of them can
//! make the service ask its own neighbours (a cloud's metadata, a database's admin page), an [`Outbound`] contacts only
//! the [`Site`]s that a [`Policy`] names, and only at public addresses unless the operator said otherwise for a host.
//! The address that was checked is the one that is connected to: a name is looked up once for each connection. It
//! never follows redirects by itself, uses no proxy (which would look names up for itself), and everything ends:
//! by time and by size.
//!
//! How the service proves to some of them who it is, a signed token, is in [`jwt`].

mod address;
mod answer;
mod client;
mod error;
pub mod jwt;
mod lookup;
mod policy;
mod site;

pub use reqwest::{StatusCode, Url};

pub use answer::Answer;
pub use client::{Outbound, Request};
pub use error::OutboundError;
pub use lookup::{Lookup, SystemLookup};
pub use policy::Policy;
pub use site::{Site, SiteError};
