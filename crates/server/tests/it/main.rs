//! The application as its clients meet it, without a network.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod courier;
mod deadlines;
mod deliveries;
mod events;
mod identity;
mod intake;
mod lti;
mod odd;
mod pages;
mod pressure;
mod refusals;
mod staff;
mod submit;
mod visibility;
mod webhook;
mod work;
