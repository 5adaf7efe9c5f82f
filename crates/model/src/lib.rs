//! The vocabulary of otter-service as types (docs/index.md explains the words).
//!
//! Everything that comes from outside is parsed here, once, into types whose values are always valid; the other
//! crates then work with those and check nothing again. No I/O and no async, but for [`ambient`], the one place
//! that asks the machine for the time and for randomness.

pub mod ambient;
mod api_token;
mod course_config;
mod event;
mod grade;
mod hashes;
mod ids;
mod json;
mod names;
mod notebook;
mod points;
mod receipt;
mod refusal;
mod report;
mod similar;
mod submission;

pub use api_token::{ApiToken, ApiTokenError};
pub use course_config::{
    AssignmentSettings, Assignments, CourseConfig, CourseConfigError, Late, Remark, Section, Visibility,
};
pub use event::{Event, Step};
pub use grade::{Grade, GradePolicy};
pub use hashes::{NotebookHash, TokenHash};
pub use ids::{AuditId, GradingId, SubmissionId, TokenId};
pub use names::{AssignmentKey, Name, NameError, UserName};
pub use notebook::{Notebook, NotebookLimits};
pub use points::{Points, PointsError};
pub use receipt::{ReceiptError, ReceiptKey, ReceiptVerifier};
pub use refusal::Refusal;
pub use report::{Case, Fault, Flag, Lateness, Limit, LimitHit, Question, Report, ReportStatus};
pub use similar::{distance, similar};
pub use submission::Submission;
