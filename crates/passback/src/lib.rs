//! Grades on their way to a learning platform.
//!
//! A [`Destination`] takes one grade of one user for one assignment and says what came of it: a [`Verdict`]. There are
//! four kinds: LTI 1.1 Basic Outcomes ([`Outcomes`]), LTI 1.3 Assignment and Grade Services ([`LineItem`]), a signed
//! [`Webhook`], and a CSV file ([`CsvDrop`]). What a platform said is kept in its own words, for people; never with
//! what it was asked with (a `sourcedId` lets its bearer grade).
//!
//! Sending the same grade twice does no harm: a result is replaced by itself, and a webhook keeps its id. A try that
//! arrives late does none either where platforms look at the time stamp, which is later at each try. Who is sent what, when and how often is the business of the server's loop.
//!
//! Only sites that the [`outbound::Policy`] names are ever contacted, whatever a launch says (attack 57).

mod ags;
mod caller;
mod csv_drop;
mod destination;
mod oauth1;
mod outcomes;
mod refusal;
mod webhook;
mod words;

pub use ags::{Keyring, KeyringError, LineItem, Platform, Seat, ToolKeys, ToolKeysError};
pub use caller::Caller;
pub use csv_drop::CsvDrop;
pub use destination::{Destination, GradeToSend, Verdict};
pub use oauth1::{Consumer, ConsumerError};
pub use outcomes::{OutcomeAnswer, OutcomeCode, OutcomePlace, OutcomePlaceError, Outcomes};
pub use webhook::{Webhook, WebhookSecret, WebhookSecretError};
