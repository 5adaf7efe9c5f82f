//! What a platform answers, read with patience.

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
};

/// The most characters of one text that are kept.
const MOST: usize = 10_000;

/// What a platform answers to a message about a result, as far as it can be read. Nothing in it has been cleaned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutcomeAnswer {
    /// What became of it; `None` if it does not say so in a way that is known.
    pub code: Option<OutcomeCode>,
    /// What it says about that.
    pub description: String,
    /// The score of a result that was read, as it stands there.
    pub score: Option<String>,
}

/// `imsx_codeMajor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeCode {
    /// It was done.
    Success,
    /// It is being done.
    Processing,
    /// It was not done.
    Failure,
    /// It cannot be done there.
    Unsupported,
}

impl OutcomeCode {
    /// As it stands in the XML.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Processing => "processing",
            Self::Failure => "failure",
            Self::Unsupported => "unsupported",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Success, Self::Processing, Self::Failure, Self::Unsupported];
        all.into_iter().find(|code| text.trim().eq_ignore_ascii_case(code.as_str()))
    }
}

/// The texts that matter.
#[derive(Debug, Default)]
struct Texts {
    code: Option<String>,
    description: Option<String>,
    score: Option<String>,
}

impl Texts {
    /// Where the text of an element goes, if it is the first one of its kind. The first, because what comes later in a
    /// malformed answer may be an echo of what was sent.
    fn slot(&mut self, element: &str) -> Option<&mut String> {
        let slot = match element {
            "imsx_codeMajor" => &mut self.code,
            "imsx_description" => &mut self.description,
            "textString" => &mut self.score,
            _ => return None,
        };
        slot.is_none().then(|| slot.insert(String::new()))
    }
}

impl OutcomeAnswer {
    /// Reads an answer. Elements are known by their names whatever their namespace, tags need not match, a `&` may stand
    /// alone, and where it cannot be read any further, what was read until there counts.
    #[must_use]
    pub fn read(xml: &[u8]) -> Self {
        let xml = String::from_utf8_lossy(xml);
        let mut reader = Reader::from_str(&xml);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        let mut texts = Texts::default();
        let mut inside: Option<&mut String> = None;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(start) => {
                    inside = texts.slot(start.local_name().as_ref());
                }
                Event::End(_) | Event::Empty(_) => inside = None,
                Event::Text(text) => {
                    append(inside.as_deref_mut(), &text.xml_content(XmlVersion::Implicit1_0));
                }
                Event::CData(text) => {
                    append(inside.as_deref_mut(), &text.xml_content(XmlVersion::Implicit1_0));
                }
                Event::GeneralRef(reference) => append(inside.as_deref_mut(), &resolved(&reference)),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        Self {
            code: texts.code.as_deref().and_then(OutcomeCode::parse),
            description: texts.description.unwrap_or_default().trim().to_owned(),
            score: texts.score,
        }
    }
}

fn append(to: Option<&mut String>, text: &str) {
    if let Some(to) = to {
        let room = MOST.saturating_sub(to.chars().count());
        to.extend(text.chars().take(room));
    }
}

/// `&lt;`, `&#60;`; what an answer defined itself, or nobody did, stands for nothing but itself.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name: &str = reference;
    resolve_predefined_entity(name).map_or_else(|| format!("&{name};"), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edx(code: &str, description: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<imsx_POXEnvelopeResponse xmlns = \"http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0\">\n    <imsx_POXHeader>\n        <imsx_POXResponseHeaderInfo>\n            <imsx_version>V1.0</imsx_version>\n            <imsx_messageIdentifier>00ff</imsx_messageIdentifier>\n            <imsx_statusInfo>\n                <imsx_codeMajor>{code}</imsx_codeMajor>\n                <imsx_severity>status</imsx_severity>\n                <imsx_description>{description}</imsx_description>\n                <imsx_messageRefIdentifier>\n                </imsx_messageRefIdentifier>\n            </imsx_statusInfo>\n        </imsx_POXResponseHeaderInfo>\n    </imsx_POXHeader>\n    <imsx_POXBody><replaceResultResponse/></imsx_POXBody>\n</imsx_POXEnvelopeResponse>"
        )
    }

    fn read(xml: &str) -> (Option<OutcomeCode>, String) {
        let answer = OutcomeAnswer::read(xml.as_bytes());
        (answer.code, answer.description)
    }

    #[test]
    fn what_edx_answers() {
        let success = Some(OutcomeCode::Success);
        assert_eq!(
            read(&edx("success", "Score for x is now 0.5")),
            (success, "Score for x is now 0.5".into())
        );
        assert_eq!(
            read(&edx("failure", "a &lt;b&gt; &#233;")),
            (Some(OutcomeCode::Failure), "a <b> é".into())
        );
        let unsupported = read(&edx("unsupported", "Target does not support the requested operation."));
        assert_eq!(unsupported.0, Some(OutcomeCode::Unsupported));
    }

    /// It puts the `sourcedId` into its answer as it is.
    #[test]
    fn what_is_not_well_formed() {
        let success = Some(OutcomeCode::Success);
        assert_eq!(
            read(&edx("success", "Score for a&b is now 1.0")),
            (success, "Score for a&b is now 1.0".into())
        );
        assert_eq!(read(&edx("success", "Score for a<b is now 1.0")), (success, "Score for a".into()));
        assert_eq!(read(&edx("success", "Score for </imsx_description><imsx_codeMajor>failure")).0, success);
        assert_eq!(read(&edx("success", "x").replace("</imsx_", "</")).0, success);
        assert_eq!(read("<a><imsx_codeMajor>success").0, success);
    }

    #[test]
    fn other_ways_to_say_the_same() {
        let success = Some(OutcomeCode::Success);
        assert_eq!(
            read("<x:r xmlns:x='u'><x:imsx_codeMajor>\n Success </x:imsx_codeMajor></x:r>").0,
            success
        );
        assert_eq!(read("<imsx_codeMajor><![CDATA[success]]></imsx_codeMajor>").0, success);
        let moodle = "<imsx_codeMajor>success</imsx_codeMajor><readResultResponse><result><resultScore><language>en</language><textString>0.33333</textString>";
        assert_eq!(OutcomeAnswer::read(moodle.as_bytes()).score.as_deref(), Some("0.33333"));
    }

    #[test]
    fn what_is_no_answer() {
        for text in [
            "",
            "success",
            "<html><body>Sign in: success</body></html>",
            "<imsx_codeMajor/>",
            "<imsx_codeMajor>maybe</imsx_codeMajor>",
            "\u{feff}{\"code\": \"success\"}",
        ] {
            assert_eq!(read(text).0, None, "{text}");
        }
        let bomb = "<!DOCTYPE x [<!ENTITY a \"success\">]><imsx_codeMajor>&a;</imsx_codeMajor>";
        assert_eq!(read(bomb).0, None, "entities of its own are not expanded");
        let long = edx("failure", &"x".repeat(100_000));
        assert_eq!(read(&long).1.len(), MOST);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(text in ".{0,200}") {
            let (code, _) = read(&edx("failure", &text));
            prop_assert_eq!(code, Some(OutcomeCode::Failure));
            let _ = OutcomeAnswer::read(text.as_bytes());
        }
    }
}
