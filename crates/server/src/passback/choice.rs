//! Which of the places that are known for a user and an assignment takes the grade.

use ::passback::OutcomePlace;
use model::{AssignmentSettings, UserName};
use outbound::Site;

use super::launch::{KeptLaunch, KeptPlatform};

/// What is known of the ways by which a user came.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By the launch for this assignment.
    pub(super) here: Option<KeptLaunch>,
    /// By the last launches for whatever, the most telling first.
    pub(super) others: Vec<KeptLaunch>,
    /// Whether another assignment is called alike, so that the name of a notebook does not say which one a launch is for.
    pub(super) has_namesake: bool,
}

/// What the service can speak.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken<'a> {
    /// LTI 1.1.
    pub(super) lti11: bool,
    /// LTI 1.3.
    pub(super) lti13: bool,
    /// edX's host, for addresses of LTI 1.1 that no launch gave.
    pub(super) edx: Option<&'a str>,
}

/// Where a grade goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    LineItem {
        url: String,
        platform: KeptPlatform,
    },
    Outcome(OutcomePlace),
    /// Nowhere, and why.
    None(String),
}

/// LTI 1.3 goes first, where there is a line item and the platform's name for the user; then what a launch of LTI 1.1 gave
/// for this very block (attack 56: a launch for another assignment gives nothing); then the address as edX has it.
pub(super) fn choose(
    assignment: &AssignmentSettings,
    user: &UserName,
    known: &Known,
    spoken: Spoken<'_>,
) -> Choice {
    let launches = || known.here.iter().chain(&known.others);
    let of_launch = known.here.as_ref().and_then(|launch| launch.lti13.as_ref()?.line_item.clone());
    let line_item = assignment.lineitem.clone().or(of_launch).filter(|_| spoken.lti13);
    let platforms = || launches().filter_map(|launch| launch.lti13.as_ref());
    let at_its_site =
        |platform: &&KeptPlatform| line_item.as_deref().is_some_and(|url| is_at_site(platform, url));
    let platform = platforms().find(at_its_site).or_else(|| platforms().next()).cloned();
    if let (Some(url), Some(platform)) = (line_item.clone(), platform) {
        return Choice::LineItem { url, platform };
    }
    if spoken.lti11 {
        let given = launches().filter_map(|launch| {
            let outcome = launch.lti11.as_ref()?;
            OutcomePlace::given(&outcome.url, &outcome.sourcedid).ok()
        });
        if let Some(place) = given.into_iter().find(|place| place.names_block(&assignment.block_id)) {
            return Choice::Outcome(place);
        }
        if let Some(edx) = spoken.edx {
            let place =
                OutcomePlace::compose(edx, &assignment.course_id, &assignment.block_id, user.as_str());
            return place.map_or_else(|error| Choice::None(error.to_string()), Choice::Outcome);
        }
    }
    Choice::None(match line_item {
        Some(_) => "The learning platform's name for this user is not known, because they have not come by a launch of LTI 1.3 yet. After one the grade can be sent again.".into(),
        None if known.has_namesake && spoken.lti13 => "Other assignments have the same name, so a launch does not tell to which of them its column belongs. Give each of them its `lineitem` in course-config.json; then the grade can be sent again.".into(),
        None => "Neither course-config.json (`lineitem`) nor a launch says where in the learning platform this grade goes.".into(),
    })
}

/// Whether a line item seems to be of a platform: with several, a user has a name at each.
fn is_at_site(platform: &KeptPlatform, line_item: &str) -> bool {
    let site = |url: &str| Site::of(&url.parse().ok()?);
    let own = platform.line_item.as_deref().and_then(site);
    site(line_item)
        .is_some_and(|wanted| own == Some(wanted.clone()) || site(&platform.token_url) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use model::CourseConfig;
    use serde_json::json;

    use super::*;

    const BLOCK: &str = "c09d";
    const OWN: &str =
        "https://edx/xblock/block-v1:a+type@lti_consumer+block@c09d/handler_noauth/outcome_service_handler";

    fn assignment(line_item: Option<&str>) -> AssignmentSettings {
        let mut section =
            json!({"course_id": "a+b+c", "subpath_to_zips": "z", "assignments": {"lab01": BLOCK}});
        if let Some(url) = line_item {
            section["settings"] = json!({"lab01": {"lineitem": url}});
        }
        let config = CourseConfig::parse(json!({"8x": {"1": section}}).to_string().as_bytes()).unwrap();
        let key = config.keys().next().unwrap().0;
        config.assignment(&key).unwrap()
    }

    fn lti13(line_item: Option<&str>, sub: &str) -> KeptLaunch {
        let mut lti13 = json!({"token_url": "https://lms/token", "client_id": "c", "sub": sub});
        if let Some(url) = line_item {
            lti13["line_item"] = url.into();
        }
        KeptLaunch::from_value(&json!({ "lti13": lti13 })).unwrap()
    }

    fn lti11(url: &str) -> KeptLaunch {
        KeptLaunch::from_value(&json!({"lti11": {"url": url, "sourcedid": "s"}})).unwrap()
    }

    const ALL: Spoken<'_> = Spoken { lti11: true, lti13: true, edx: Some("edx") };

    fn chosen(assignment: &AssignmentSettings, known: &Known, spoken: Spoken<'_>) -> Choice {
        choose(assignment, &"ada".parse().unwrap(), known, spoken)
    }

    fn line_item_of(choice: &Choice) -> (&str, &str) {
        let Choice::LineItem { url, platform } = choice else { panic!("{choice:?}") };
        (url, &platform.sub)
    }

    #[test]
    fn a_line_item_goes_first_and_the_courses_own_before_the_launchs() {
        let here = |line_item| Known {
            here: Some(lti13(line_item, "u1")),
            others: vec![lti13(None, "u2")],
            ..Known::default()
        };
        let choice = chosen(&assignment(Some("https://lms/li/1")), &here(Some("https://lms/li/2")), ALL);
        assert_eq!(line_item_of(&choice), ("https://lms/li/1", "u1"));
        let choice = chosen(&assignment(None), &here(Some("https://lms/li/2")), ALL);
        assert_eq!(line_item_of(&choice), ("https://lms/li/2", "u1"));
        let elsewhere =
            Known { here: None, others: vec![lti13(Some("https://lms/li/3"), "u2")], ..Known::default() };
        let choice = chosen(&assignment(Some("https://lms/li/1")), &elsewhere, ALL);
        assert_eq!(line_item_of(&choice), ("https://lms/li/1", "u2"));
    }

    #[test]
    fn of_two_platforms_the_one_of_the_line_item() {
        let mut other = lti13(None, "u1");
        other.lti13.as_mut().unwrap().token_url = "https://other/token".into();
        let known = Known { here: Some(other), others: vec![lti13(None, "u2")], ..Known::default() };
        let choice = chosen(&assignment(Some("https://lms/li/1")), &known, ALL);
        assert_eq!(line_item_of(&choice), ("https://lms/li/1", "u2"));
        let choice = chosen(&assignment(Some("https://third/li/1")), &known, ALL);
        assert_eq!(line_item_of(&choice), ("https://third/li/1", "u1"), "tokens may come from another site");
    }

    #[test]
    fn a_launch_for_something_else_gives_no_address() {
        let composed = OutcomePlace::compose("edx", "a+b+c", BLOCK, "ada").unwrap();
        let other = lti13(Some("https://lms/li/3"), "u2");
        let known =
            Known { here: None, others: vec![other, lti11(&OWN.replace(BLOCK, "ffff"))], ..Known::default() };
        assert_eq!(chosen(&assignment(None), &known, ALL), Choice::Outcome(composed));
        let known = Known { here: None, others: vec![lti11(OWN)], ..Known::default() };
        assert_eq!(
            chosen(&assignment(None), &known, ALL),
            Choice::Outcome(OutcomePlace::given(OWN, "s").unwrap())
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let nothing = Known::default();
        let spoken = |lti11, lti13, edx| Spoken { lti11, lti13, edx };
        let words = |line_item: Option<&str>, spoken| match chosen(&assignment(line_item), &nothing, spoken) {
            Choice::None(words) => words,
            choice => panic!("{choice:?}"),
        };
        assert!(words(Some("https://lms/li/1"), spoken(false, true, None)).contains("not come by a launch"));
        assert!(words(None, spoken(true, true, None)).contains("`lineitem`"));
        assert!(words(Some("https://lms/li/1"), spoken(true, false, None)).contains("`lineitem`"));
        assert!(words(None, spoken(true, false, Some("no host"))).contains("no host"));
    }
}
