//! What a request must prove before its handler runs.

mod body;
mod current_user;
mod id;
pub(crate) mod same_site;
mod staff;

pub(crate) use body::Body;
pub(crate) use current_user::CurrentUser;
pub(crate) use id::Id;
pub(crate) use staff::Staff;
