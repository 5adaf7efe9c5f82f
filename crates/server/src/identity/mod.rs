//! Who asks, and what they may do.
//!
//! [`Door`] is what the operator chose: how people come in ([`WayIn`]), and who looks after what ([`RoleRules`]). Each
//! request has a [`Client`](client::Client), and whoever comes in by it is a [`Caller`]. Nothing that a client could
//! simply write says who they are: a token counts because the hub or the store knows it, a cookie because this service
//! sealed it.

mod caller;
pub(crate) mod client;
pub(crate) mod cookies;
mod door;
mod host;
pub(crate) mod limits;
mod looks;
mod proxies;
mod roles;
mod seal;
pub(crate) mod session;
pub(crate) mod spent;
mod stash;
mod whose;
pub(crate) mod write;

pub(crate) use caller::{Caller, Way};
pub use door::{Door, WayIn};
pub use limits::Limits;
pub use proxies::{Proxies, ProxiesError};
pub use roles::{Member, MemberError, RoleRules};
pub use seal::SessionKey;
pub use stash::Stash;
pub(crate) use whose::{refused, whose};
