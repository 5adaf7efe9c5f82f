//! What a request must prove before its handler runs.

mod body;
mod current_user;
pub(crate) mod denial;
mod form;
mod id;
pub(crate) mod same_site;
mod sender;
mod sight;
mod staff;

pub(crate) use body::{Body, drain};
pub(crate) use current_user::CurrentUser;
pub(crate) use form::Form;
pub(crate) use id::Id;
pub(crate) use sender::Sender;
pub(crate) use sight::Sight;
pub(crate) use staff::Staff;
