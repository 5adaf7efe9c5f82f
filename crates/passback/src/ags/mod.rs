//! LTI 1.3 Assignment and Grade Services 2.0 (IMS Global): a score for one user is posted to a line item, with a token for
//! which this tool signs with its key.

mod assertion;
mod keyring;
mod keys;
mod line_item;
mod result;
mod score;

pub use keyring::{Keyring, KeyringError};
pub use keys::{ToolKeys, ToolKeysError};
pub use line_item::{LineItem, Platform, Seat};
