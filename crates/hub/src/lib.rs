//! JupyterHub as seen by a service.
//!
//! A hub gives a service some variables ([`HubSettings`]). With these a [`Hub`] says whose a token is
//! ([`Hub::user_of`]), leads a browser through the hub's sign-in ([`StateKey::begin`], [`Hub::authorize_url`],
//! [`Hub::exchange`]), and knows from which learning platform a user came ([`Hub::launch_of`]). What a hub's roles lack
//! is a [`Missing`], which has the lines to add to the hub's configuration.
//!
//! Only the hub is believed: no header that a client could write says who they are, and a service's token is never a
//! user's (attack 61). Answers are kept for half a minute, by a hash of the token, so that a revocation shows within a
//! minute. While the hub is away nobody new gets in; sessions may go on for a while ([`Hub::user_of_session`]).
//!
//! The cookies and pages are the server's. Of a sign-in it must set one cookie, [`Begun::cookie`], `HttpOnly`,
//! `SameSite=Lax` and restricted to the service's prefix, and remove it at the callback.

mod answers;
mod error;
mod hub;
mod launch;
mod missing;
mod next;
mod oauth;
mod scope;
mod settings;
mod state;
mod token;
mod user;

pub use error::HubError;
pub use hub::{Hub, HubOptions};
pub use launch::{Launch, LineItems, NotebookPath, OutcomeService, Platform};
pub use missing::Missing;
pub use next::{NextError, NextPath};
pub use oauth::{Challenge, Code, CodeError, Verifier};
pub use scope::{Scope, ScopeError, Scopes};
pub use settings::{HubSettings, HubSettingsError, Mistake};
pub use state::{Begun, SignIn, StateError, StateKey};
pub use token::{Token, TokenError};
pub use user::{HubUser, SessionId};
