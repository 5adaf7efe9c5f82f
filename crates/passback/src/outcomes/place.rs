//! Where a result is kept.

use std::fmt;

use outbound::{Site, Url};
use thiserror::Error;

/// Which result of which platform: a URL, and a `sourcedId`, by which the platform knows user and assignment. Whoever has
/// both and the consumer's secret can set that grade, so the `sourcedId` is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct OutcomePlace {
    url: Url,
    sourcedid: String,
}

/// Why there is no such place. Shows no `sourcedId`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutcomePlaceError {
    /// Something that is no host.
    #[error("{given:?} is no host of an edX platform: {problem}. Give it as `courses.edx.org`.")]
    Host {
        /// What was given.
        given: String,
        /// What is wrong.
        problem: String,
    },
    /// A part of an address that would change the whole.
    #[error(
        "{what} {given:?} has {found:?} in it, which no {what} of edX has. Correct it in course-config.json."
    )]
    Part {
        /// Which part.
        what: &'static str,
        /// What was given.
        given: String,
        /// What must not be there.
        found: char,
    },
    /// An empty part.
    #[error("The {what} is empty. Correct it in course-config.json.")]
    Empty {
        /// Which part.
        what: &'static str,
    },
    /// A launch's URL.
    #[error("The address for outcomes that the launch gave is no http or https URL.")]
    Url,
    /// A launch's `sourcedId`.
    #[error("The `sourcedId` that the launch gave has characters that XML cannot hold, or is empty.")]
    SourcedId,
}

impl OutcomePlace {
    /// What a launch gave: `lis_outcome_service_url` and `lis_result_sourcedid`.
    pub fn given(url: &str, sourcedid: &str) -> Result<Self, OutcomePlaceError> {
        let url = Url::parse(url).ok().filter(|url| Site::of(url).is_some()).ok_or(OutcomePlaceError::Url)?;
        if sourcedid.is_empty() || !sourcedid.chars().all(is_xml) {
            return Err(OutcomePlaceError::SourcedId);
        }
        Ok(Self { url, sourcedid: sourcedid.to_owned() })
    }

    /// As edX has it, and as the Python otter-service composed it: from edX's host (`EDX_URL`; a URL's beginning for
    /// another scheme than https), the `course_id` and the assignment's block in `course-config.json`, and the user, who is edX's
    /// anonymous id.
    ///
    /// edX reads the user after the last `:` and percent-decodes it, so these two characters are encoded in it; ids of edX
    /// have neither.
    pub fn compose(
        edx: &str,
        course_id: &str,
        block_id: &str,
        user: &str,
    ) -> Result<Self, OutcomePlaceError> {
        let bad = |problem: &dyn fmt::Display| OutcomePlaceError::Host {
            given: edx.into(),
            problem: problem.to_string(),
        };
        let site: Site = edx.parse().map_err(|error| bad(&error))?;
        part("course_id", course_id)?;
        part("assignment id", block_id)?;
        let url = format!(
            "{site}/courses/course-v1:{course_id}/xblock/block-v1:{course_id}+type@lti_consumer+block@{block_id}/handler_noauth/outcome_service_handler"
        );
        let host = edx.split_once("://").map_or(edx, |(_, host)| host).trim_end_matches('/');
        let user = user.replace('%', "%25").replace(':', "%3A");
        Self::given(&url, &format!("course-v1%3A{course_id}:{host}-{block_id}:{user}"))
    }

    /// Whether it is the place of this assignment: whether its URL names the block.
    #[must_use]
    pub fn names_block(&self, block_id: &str) -> bool {
        let ending = format!("@{block_id}");
        // A platform may encode the `@`.
        let encoded = format!("%40{block_id}").to_ascii_lowercase();
        let mut parts = self.url.path_segments().into_iter().flatten();
        !block_id.is_empty()
            && parts.any(|part| part.ends_with(&ending) || part.to_ascii_lowercase().ends_with(&encoded))
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn sourcedid(&self) -> &str {
        &self.sourcedid
    }
}

impl fmt::Debug for OutcomePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutcomePlace({}, …)", self.url)
    }
}

/// Letters, digits and the signs that keys of edX have (opaque-keys): none that would end a part of a path.
fn part(what: &'static str, given: &str) -> Result<(), OutcomePlaceError> {
    let is_allowed = |c: char| c.is_alphanumeric() || "-_~.:+@$".contains(c);
    match given.chars().find(|c| !is_allowed(*c)) {
        Some(found) => Err(OutcomePlaceError::Part { what, given: given.chars().take(200).collect(), found }),
        None if given.is_empty() => Err(OutcomePlaceError::Empty { what }),
        None => Ok(()),
    }
}

/// What XML 1.0 can hold, without line ends, which readers change.
fn is_xml(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "c09d043b662b4b4b96fceacb1f4aa1c9";

    /// Letter by letter what `create_post_url`, `create_sourced_id` and `post_grade` of the Python service make.
    #[test]
    fn a_place_is_composed_as_the_python_service_does() {
        let place =
            OutcomePlace::compose("edge.edx.org", "BerkeleyX+Data8.1x+2024", BLOCK, "a1b2c3").unwrap();
        assert_eq!(
            place.url().as_str(),
            "https://edge.edx.org/courses/course-v1:BerkeleyX+Data8.1x+2024/xblock/block-v1:BerkeleyX+Data8.1x+2024+type@lti_consumer+block@c09d043b662b4b4b96fceacb1f4aa1c9/handler_noauth/outcome_service_handler"
        );
        assert_eq!(
            place.sourcedid(),
            "course-v1%3ABerkeleyX+Data8.1x+2024:edge.edx.org-c09d043b662b4b4b96fceacb1f4aa1c9:a1b2c3"
        );
        assert!(place.names_block(BLOCK) && !place.names_block("aa1c9") && !place.names_block(""));
        assert!(!format!("{place:?}").contains("a1b2c3"));
    }

    #[test]
    fn other_schemes_ports_and_users() {
        let place = OutcomePlace::compose("http://127.0.0.1:8600", "a+b+c", "1", "x:y%z@é").unwrap();
        assert!(place.url().as_str().starts_with("http://127.0.0.1:8600/courses/course-v1:a+b+c/"));
        assert_eq!(place.sourcedid(), "course-v1%3Aa+b+c:127.0.0.1:8600-1:x%3Ay%25z@é");
    }

    #[test]
    fn what_would_lead_elsewhere_is_no_part() {
        for (edx, course, block, user) in [
            ("h/x", "a+b+c", "1", "u"),
            ("u:p@h", "a+b+c", "1", "u"),
            ("", "a+b+c", "1", "u"),
            ("h", "a/../b", "1", "u"),
            ("h", "a?b", "1", "u"),
            ("h", "a+b+c", "1#", "u"),
            ("h", "a+b+c", "%2e", "u"),
            ("h", "", "1", "u"),
            ("h", "a+b+c", "", "u"),
            ("h", "a+b+c", "1", "u\u{1}"),
        ] {
            assert!(
                OutcomePlace::compose(edx, course, block, user).is_err(),
                "{edx} {course} {block} {user}"
            );
        }
    }

    #[test]
    fn a_launchs_url_stays_as_it_is() {
        let url = "https://edx.example/courses/course-v1:o+c+r/xblock/block-v1:o+c+r+type@lti_consumer+block@ab/handler_noauth/outcome_service_handler";
        let place = OutcomePlace::given(url, "course-v1%3Ao+c+r:edx.example-ab:a1b2").unwrap();
        assert_eq!(place.url().as_str(), url);
        assert!(place.names_block("ab") && !place.names_block("b"));
        let encoded = OutcomePlace::given("https://h/block-v1%3Ao%2Bblock%40AB/x", "s").unwrap();
        assert!(encoded.names_block("ab"));
        for (url, sourcedid) in [("file:///x", "s"), ("h", "s"), ("https://h/", ""), ("https://h/", "a\nb")] {
            assert!(OutcomePlace::given(url, sourcedid).is_err(), "{url} {sourcedid:?}");
        }
    }
}
