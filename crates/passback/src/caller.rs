//! With what platforms are called.

use std::{fmt, fmt::Write as _, sync::Arc};

use jiff::Timestamp;
use model::ambient::{Clock, Entropy};
use outbound::Outbound;

/// With what platforms are called: a client that keeps to the allowed sites, the time, and chance. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    pub(crate) outbound: Outbound,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Caller {
    /// Calls nobody yet.
    #[must_use]
    pub fn new(outbound: Outbound, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { outbound, clock, entropy }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// 32 hexadecimal digits that nobody ever saw before.
    pub(crate) fn nonce(&self) -> String {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}
