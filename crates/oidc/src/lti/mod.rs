//! Launches from learning platforms (LTI 1.3, with the Assignment and Grade Services' claim).
//!
//! A platform sends the browser here with a hint of who is there ([`LtiLogin`]); it is sent back to the platform's
//! authorize URL ([`LtiTool::authorize_url`]), and the platform lets it post an ID token ([`LtiTool::verify`]), which
//! says who came from where ([`LtiLaunch`]).

mod claims;
mod kept;
mod launch;
mod login;
mod platform;
mod role;
mod tool;

pub use launch::{Ags, LtiLaunch};
pub use login::LtiLogin;
pub use platform::LtiPlatform;
pub use role::LtiRole;
pub use tool::LtiTool;
