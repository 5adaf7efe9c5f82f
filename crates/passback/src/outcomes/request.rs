//! What is said to a platform.

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

const NAMESPACE: &str = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0";

/// One of the three messages about one result.
#[derive(Debug, Clone, Copy)]
pub(super) enum Message<'a> {
    /// This is the score.
    Replace {
        /// `0.0` to `1.0`.
        score: &'a str,
    },
    /// What is the score?
    Read,
    /// There is no score.
    Delete,
}

impl Message<'_> {
    /// The message as XML.
    pub(super) fn write(self, sourcedid: &str, id: &str) -> Vec<u8> {
        let mut to = Writer::new(Vec::new());
        self.write_to(&mut to, sourcedid, id).expect("there is always room in memory");
        to.into_inner()
    }

    fn write_to(self, to: &mut Writer<Vec<u8>>, sourcedid: &str, id: &str) -> io::Result<()> {
        let name = match self {
            Self::Replace { .. } => "replaceResultRequest",
            Self::Read => "readResultRequest",
            Self::Delete => "deleteResultRequest",
        };
        to.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let envelope = to.create_element("imsx_POXEnvelopeRequest").with_attribute(("xmlns", NAMESPACE));
        envelope.write_inner_content(|to| {
            around(to, &["imsx_POXHeader", "imsx_POXRequestHeaderInfo"], &|to| {
                text(to, "imsx_version", "V1.0")?;
                text(to, "imsx_messageIdentifier", id)
            })?;
            around(to, &["imsx_POXBody", name, "resultRecord"], &|to| {
                around(to, &["sourcedGUID"], &|to| text(to, "sourcedId", sourcedid))?;
                let Self::Replace { score } = self else { return Ok(()) };
                around(to, &["result", "resultScore"], &|to| {
                    text(to, "language", "en")?;
                    text(to, "textString", score)
                })
            })
        })?;
        Ok(())
    }
}

type Inner<'a> = &'a dyn Fn(&mut Writer<Vec<u8>>) -> io::Result<()>;

/// Elements, one in the other, around something.
fn around(to: &mut Writer<Vec<u8>>, names: &[&str], inner: Inner<'_>) -> io::Result<()> {
    let [outermost, others @ ..] = names else { return inner(to) };
    to.create_element(*outermost).write_inner_content(|to| around(to, others, inner))?;
    Ok(())
}

fn text(to: &mut Writer<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    to.create_element(name).write_text_content(BytesText::new(text))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;

    use super::*;

    #[test]
    fn the_three_messages() {
        let written = |message: Message<'_>| String::from_utf8(message.write("a:b&<c>", "00ff")).unwrap();
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><imsx_POXEnvelopeRequest xmlns=\"http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0\"><imsx_POXHeader><imsx_POXRequestHeaderInfo><imsx_version>V1.0</imsx_version><imsx_messageIdentifier>00ff</imsx_messageIdentifier></imsx_POXRequestHeaderInfo></imsx_POXHeader><imsx_POXBody>";
        let guid = "<resultRecord><sourcedGUID><sourcedId>a:b&amp;&lt;c&gt;</sourcedId></sourcedGUID>";
        let tail = "</imsx_POXBody></imsx_POXEnvelopeRequest>";
        assert_eq!(
            written(Message::Replace { score: "0.85" }),
            format!(
                "{head}<replaceResultRequest>{guid}<result><resultScore><language>en</language><textString>0.85</textString></resultScore></result></resultRecord></replaceResultRequest>{tail}"
            )
        );
        assert_eq!(
            written(Message::Read),
            format!("{head}<readResultRequest>{guid}</resultRecord></readResultRequest>{tail}")
        );
        assert_eq!(
            written(Message::Delete),
            format!("{head}<deleteResultRequest>{guid}</resultRecord></deleteResultRequest>{tail}")
        );
    }

    proptest! {
        #[test]
        fn whatever_a_platform_calls_a_result_adds_no_element(sourcedid in r#"[a-z&<>/'"\]\[! -]{1,30}"#) {
            let xml = Message::Read.write(&sourcedid, "1");
            let mut reader = Reader::from_str(std::str::from_utf8(&xml).unwrap());
            let mut elements = 0;
            loop {
                match reader.read_event().unwrap() {
                    Event::Start(_) | Event::Empty(_) => elements += 1,
                    Event::Eof => break,
                    _ => {}
                }
            }
            prop_assert_eq!(elements, 10);
        }
    }
}
