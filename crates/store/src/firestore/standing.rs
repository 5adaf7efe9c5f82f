//! The grade of a user for an assignment, and what must be known to keep its deliveries in order. Whoever changes
//! either changes this document, so that two who do it at once cannot both succeed without seeing each other.

use jiff::Timestamp;
use model::{AssignmentKey, Grade, GradingId, UserName};

use super::{
    FirestoreStore,
    fields::{Reader, fields, time},
    rest::wire::{self, Document, Fields, If},
};
use crate::error::StoreError;

/// How things stand with a user and an assignment.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) user: UserName,
    pub(super) key: AssignmentKey,
    pub(super) grade: Option<Grade>,
    /// How many deliveries there were: the number of the last one.
    pub(super) deliveries: u64,
    /// The last delivery.
    pub(super) newest: Option<GradingId>,
    /// The delivery that was handed out last and is not settled; its lease may have run out.
    pub(super) sending: Option<GradingId>,
    /// The stamp of the last try.
    pub(super) stamp: Option<Timestamp>,
    /// On what a change of it is conditional.
    pub(super) only: If,
}

impl Standing {
    fn none(user: &UserName, key: &AssignmentKey) -> Self {
        let (user, key) = (user.clone(), key.clone());
        Self {
            user,
            key,
            grade: None,
            deliveries: 0,
            newest: None,
            sending: None,
            stamp: None,
            only: If::Absent,
        }
    }

    fn read(document: &Document) -> Result<Self, StoreError> {
        let reader = Reader::of(document);
        let (user, key): (UserName, AssignmentKey) = (reader.parse("user")?, reader.key()?);
        let grade = match reader.parse_if_any("submission")? {
            Some(submission) => Some(Grade {
                user: user.clone(),
                key: key.clone(),
                submission,
                score: reader.points("score")?,
                max_score: reader.points("max_score")?,
                graded_at: reader.time("graded_at")?,
            }),
            None => None,
        };
        Ok(Self {
            user,
            key,
            grade,
            deliveries: reader.count("deliveries")?,
            newest: reader.parse_if_any("newest_delivery")?,
            sending: reader.parse_if_any("sending")?,
            stamp: reader.time_if_any("stamp")?,
            only: If::Version(document.update_time.clone()),
        })
    }

    /// The whole document.
    pub(super) fn write(&self, write: &str) -> Fields {
        let grade = self.grade.as_ref();
        fields([
            ("user", Some(wire::text(self.user.as_str()))),
            ("course", Some(wire::text(self.key.course.as_str()))),
            ("section", Some(wire::text(self.key.section.as_str()))),
            ("assignment", Some(wire::text(self.key.assignment.as_str()))),
            ("submission", grade.map(|grade| wire::text(grade.submission.to_string()))),
            ("score", grade.map(|grade| wire::double(grade.score.get()))),
            ("max_score", grade.map(|grade| wire::double(grade.max_score.get()))),
            ("graded_at", grade.map(|grade| time(grade.graded_at))),
            ("deliveries", Some(wire::count(self.deliveries))),
            ("newest_delivery", self.newest.map(|id| wire::text(id.to_string()))),
            ("sending", self.sending.map(|id| wire::text(id.to_string()))),
            ("stamp", self.stamp.map(time)),
            // A write that changes nothing else gives the document a new version all the same.
            ("write", Some(wire::text(write))),
        ])
    }
}

impl FirestoreStore {
    /// How things stand.
    pub(super) async fn standing(
        &self,
        user: &UserName,
        key: &AssignmentKey,
    ) -> Result<Standing, StoreError> {
        let document = self.client.get(&self.names.grade(&self.client, user, key)).await?;
        document.map_or_else(|| Ok(Standing::none(user, key)), |document| Standing::read(&document))
    }
}
