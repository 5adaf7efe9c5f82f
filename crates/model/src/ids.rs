//! Identifiers: UUID version 7 (RFC 9562 §5.7), so that sorting by id is sorting by time.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ambient::{Clock, Entropy};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later in order than any made in an earlier millisecond.
            pub fn new(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                let mut random = [0; 10];
                entropy.fill(&mut random);
                let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The lowest id that can be made at a time: all made before sort before it.
            #[must_use]
            pub fn lowest_at(time: jiff::Timestamp) -> Self {
                let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// Names one submission.
    SubmissionId
}
id! {
    /// Names one attempt to grade a submission.
    GradingId
}
id! {
    /// Names one entry of the audit trail.
    AuditId
}
id! {
    /// Names one token of the service's own, without giving it away.
    TokenId
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::SystemEntropy;

    struct At(i64);
    impl Clock for At {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::from_millisecond(self.0).unwrap()
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<_> = (0..50).map(|ms| SubmissionId::new(&At(ms * 7), &SystemEntropy)).collect();
        assert!(ids.is_sorted());
        let text: Vec<_> = ids.iter().map(ToString::to_string).collect();
        assert!(text.is_sorted());
    }

    #[test]
    fn the_lowest_id_of_a_time_parts_earlier_ones_from_those_made_then() {
        for _ in 0..100 {
            let bound = SubmissionId::lowest_at(At(7).now());
            assert!(SubmissionId::new(&At(6), &SystemEntropy) < bound);
            assert!(bound <= SubmissionId::new(&At(7), &SystemEntropy));
        }
    }

    #[test]
    fn ids_read_back_from_their_text() {
        let id = SubmissionId::new(&At(1), &SystemEntropy);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("not an id".parse::<SubmissionId>().is_err());
    }
}
