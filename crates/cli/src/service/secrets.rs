//! What is said of secrets at the start.

use crate::secrets::Secrets;

/// A secret that every user of the machine can read is none.
pub(crate) fn warn_of_open_secrets(secrets: &Secrets) {
    for path in secrets.readable_by_others() {
        tracing::warn!(path = %path.display(), "every user of this machine may read this secret; chmod o-r takes that away");
    }
}
