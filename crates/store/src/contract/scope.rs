//! Who sees what.

use model::Submission;

use super::kit::{accepted, by, claim, finish_executed, key, page};
use crate::{
    records::{Filter, Scope},
    store::Store,
};

async fn graded(store: &dyn Store) -> Submission {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    finish_executed(store, &job, b"{}", 20).await;
    submission
}

fn user(name: &str) -> Scope {
    Scope::Own(name.parse().unwrap())
}

fn course(name: &str) -> Scope {
    Scope::Course(name.parse().unwrap())
}

pub(super) async fn others_see_nothing(store: &dyn Store) {
    let graded = graded(store).await;
    let waiting = accepted(store, "ada", "88e/1/lab01", 30).await;
    // A user named like the course and a course named like the user among them.
    for scope in [user("bob"), user("Ada"), user("88e"), course("8x"), course("88E"), course("ada")] {
        for id in [graded.id, waiting.id] {
            assert_eq!(store.submission(&scope, id).await.unwrap(), None, "{scope:?}");
            assert_eq!(store.notebook(&scope, id).await.unwrap(), None, "{scope:?}");
            assert_eq!(store.executed(&scope, id).await.unwrap(), None, "{scope:?}");
            assert_eq!(store.events(&scope, id, 0).await.unwrap(), [], "{scope:?}");
            assert_eq!(store.gradings(&scope, id).await.unwrap(), [], "{scope:?}");
            assert_eq!(store.position(&scope, id).await.unwrap(), None, "{scope:?}");
        }
        assert_eq!(store.submissions(&scope, &Filter::All, page(None, 100)).await.unwrap(), [], "{scope:?}");
    }
    assert_eq!(store.grade(&"bob".parse().unwrap(), &graded.key).await.unwrap(), None);
    assert_eq!(store.grade(&graded.user, &key("8x/1/lab01")).await.unwrap(), None);
    let unknown = by("ada", "88e/1/lab01", 40).submission.id;
    assert_eq!(store.submission(&user("ada"), unknown).await.unwrap(), None);
}

pub(super) async fn a_user_sees_their_own_and_staff_their_course(store: &dyn Store) {
    let graded = graded(store).await;
    let waiting = accepted(store, "ada", "88e/1/lab01", 30).await;
    accepted(store, "bob", "8x/1/lab01", 40).await;
    for scope in [user("ada"), course("88e")] {
        for (submission, place, events, gradings) in [(&graded, None, 5, 1), (&waiting, Some(1), 2, 0)] {
            let id = submission.id;
            let record = store.submission(&scope, id).await.unwrap().unwrap();
            assert_eq!(record.submission, *submission);
            assert!(store.notebook(&scope, id).await.unwrap().is_some());
            assert_eq!(store.executed(&scope, id).await.unwrap().is_some(), gradings > 0);
            assert_eq!(store.events(&scope, id, 0).await.unwrap().len(), events);
            assert_eq!(store.gradings(&scope, id).await.unwrap().len(), gradings);
            assert_eq!(store.position(&scope, id).await.unwrap(), place);
        }
        assert_eq!(store.submissions(&scope, &Filter::All, page(None, 100)).await.unwrap().len(), 2);
    }
}
