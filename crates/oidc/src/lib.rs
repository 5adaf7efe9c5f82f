//! OpenID Connect, in the two places where the service meets it.
//!
//! A [`Provider`] signs people in where there is no hub: any provider that can be found by discovery (OpenID Connect
//! Discovery 1.0), by the code flow with PKCE. An [`LtiTool`] is launched by learning platforms (LTI 1.3, 1EdTech
//! Security Framework 1.0), which hand over an ID token through the browser.
//!
//! Whoever asks brings `state`, `nonce` and the PKCE challenge; sessions, cookies and pages are the server's. What is
//! believed is what a key of the issuer has signed, for this client, now, for this sign-in (attack 60); which key
//! fits which algorithm is decided here, not by the token.
//!
//! Not the crate `openidconnect`: it brings 44 crates that nothing else here needs, among them a second RSA (`rsa`,
//! RUSTSEC-2023-0071), a second SHA-2 and HMAC, and knows neither `form_post` nor LTI's claims. What of it would be used
//! are some requests and the checks in `claims.rs`; the signatures are `ring`'s, as all cryptography of TLS here.

mod cache;
mod called;
mod claims;
mod discovery;
mod error;
mod jwt;
mod keys;
mod lti;
mod provider;
mod settings;
mod user;

pub use error::OidcError;
pub use lti::{Ags, LtiLaunch, LtiLogin, LtiPlatform, LtiRole, LtiTool};
pub use provider::Provider;
pub use settings::OidcSettings;
pub use user::OidcUser;
