//! What collections, documents and the texts that queries sort by are called.

use std::fmt::Write as _;

use model::{AssignmentKey, AuditId, GradingId, Name, SubmissionId, TokenHash, UserName};

use super::rest::Client;
use crate::records::{Lane, WorkerId};

/// The collections of one environment: `{environment}-…` as the Python service named its own, and ours beside them.
#[derive(Debug)]
pub(super) struct Collections {
    /// The Python service's: one document for each grading that found a grade.
    pub(super) python_grades: String,
    /// The Python service's: one document for each submission.
    pub(super) python_submissions: String,
    /// The Python service's: what happened.
    pub(super) python_logs: String,
    /// Submissions, each with its job.
    pub(super) submissions: String,
    /// Events, in the portions in which they came.
    pub(super) events: String,
    /// Gradings.
    pub(super) gradings: String,
    /// Grades, each with what must be known about its deliveries.
    pub(super) grades: String,
    /// Deliveries.
    pub(super) passbacks: String,
    /// Pieces of notebooks and of long reports.
    pub(super) chunks: String,
    /// Who works.
    pub(super) workers: String,
    /// Launches.
    pub(super) launches: String,
    /// Tokens of the service's own.
    pub(super) tokens: String,
    /// The audit trail.
    pub(super) audits: String,
    /// About the database itself.
    pub(super) meta: String,
}

impl Collections {
    pub(super) fn of(environment: &str) -> Self {
        let python = |kind: &str| format!("{environment}-{kind}");
        let ours = |kind: &str| format!("{environment}-otter-{kind}");
        Self {
            python_grades: python("grades"),
            python_submissions: python("submissions"),
            python_logs: python("logs"),
            submissions: ours("submissions"),
            events: ours("events"),
            gradings: ours("gradings"),
            grades: ours("grades"),
            passbacks: ours("passbacks"),
            chunks: ours("chunks"),
            workers: ours("workers"),
            launches: ours("launches"),
            tokens: ours("tokens"),
            audits: ours("audits"),
            meta: ours("meta"),
        }
    }
}

/// A text as part of a document's id and of the texts that queries sort by: what is not a letter, a digit or one of
/// `-_.@` is written as in a URL. So it has no `/` and no `~`, which stand between parts.
pub(super) fn escape(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte) {
            escaped.push(byte.into());
        } else {
            // Writing to a text does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

/// A user's submissions, when an id follows; likewise below.
pub(super) fn of_user(user: &UserName) -> String {
    format!("{}/", escape(user.as_str()))
}

pub(super) fn of_course(course: &Name) -> String {
    format!("{course}/")
}

pub(super) fn of_assignment(key: &AssignmentKey) -> String {
    format!("{key}/")
}

pub(super) fn of_user_and_assignment(user: &UserName, key: &AssignmentKey) -> String {
    format!("{}/{key}/", escape(user.as_str()))
}

/// A job's place in the queue: live work first, then the lower turn, then the lower id.
pub(super) fn place(lane: Lane, turn: u64, id: SubmissionId) -> String {
    format!("{}{turn:020}/{id}", of_lane(lane))
}

/// Places in a lane.
pub(super) fn of_lane(lane: Lane) -> &'static str {
    match lane {
        Lane::Live => "live/",
        Lane::Regrade => "regrade/",
    }
}

impl Collections {
    pub(super) fn submission(&self, client: &Client, id: SubmissionId) -> String {
        client.name(&self.submissions, &id.to_string())
    }

    pub(super) fn grading(&self, client: &Client, submission: SubmissionId, id: GradingId) -> String {
        client.name(&self.gradings, &format!("{submission}~{id}"))
    }

    pub(super) fn grade(&self, client: &Client, user: &UserName, key: &AssignmentKey) -> String {
        let AssignmentKey { course, section, assignment } = key;
        // A name may begin with two underscores, and Firestore keeps ids that do and end so for itself.
        client.name(&self.grades, &format!("g~{course}~{section}~{assignment}~{}", escape(user.as_str())))
    }

    pub(super) fn passback(&self, client: &Client, grading: GradingId) -> String {
        client.name(&self.passbacks, &grading.to_string())
    }

    /// The portion of events whose last one has this number.
    pub(super) fn event(&self, client: &Client, submission: SubmissionId, last: u64) -> String {
        client.name(&self.events, &format!("{submission}~{last:010}"))
    }

    pub(super) fn chunk(&self, client: &Client, blob: &str, number: u32) -> String {
        client.name(&self.chunks, &format!("{blob}~{number:04}"))
    }

    pub(super) fn worker(&self, client: &Client, id: &WorkerId) -> String {
        client.name(&self.workers, &format!("w~{}", escape(&id.0)))
    }

    pub(super) fn token(&self, client: &Client, hash: &TokenHash) -> String {
        client.name(&self.tokens, &hash.to_string())
    }

    pub(super) fn launch(&self, client: &Client, user: &UserName, key: Option<&AssignmentKey>) -> String {
        let key = key
            .map(|AssignmentKey { course, section, assignment }| format!("{course}~{section}~{assignment}"));
        client.name(&self.launches, &format!("l~{}~{}", key.unwrap_or_default(), escape(user.as_str())))
    }

    pub(super) fn audit(&self, client: &Client, id: AuditId) -> String {
        client.name(&self.audits, &id.to_string())
    }

    pub(super) fn schema(&self, client: &Client) -> String {
        client.name(&self.meta, "schema")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_cannot_reach_into_anothers() {
        let name = |text: &str| text.parse::<UserName>().unwrap();
        assert_eq!(of_user(&name("ada@example.org")), "ada@example.org/");
        assert_eq!(of_user(&name("ada/0189")), "ada%2F0189/");
        assert_eq!(of_user(&name("Zoë ~%")), "Zo%C3%AB%20%7E%25/");
    }
}
