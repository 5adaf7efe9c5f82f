//! What a platform said, made fit to be kept and shown.

/// The most characters that are kept.
const MOST: usize = 300;

/// What was said, on one line, without anything of `hidden`, and not long. edX echoes whole requests, so what begins
/// like markup ends it.
pub(crate) fn fit(said: &str, hidden: &[&str]) -> String {
    let mut text = said.to_owned();
    for secret in hidden.iter().filter(|secret| !secret.is_empty()) {
        for form in forms(secret) {
            text = text.replace(&form, "…");
        }
    }
    let before = text.split('<').next().unwrap_or_default();
    let visible: String = before.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    let mut short: String = line.chars().take(MOST - 1).collect();
    short.push('…');
    short
}

/// The ways in which a text can come back: as it is, decoded, and escaped once or twice.
fn forms(secret: &str) -> Vec<String> {
    let escaped = quick_xml::escape::escape(secret).into_owned();
    let decoded = percent_decoded(secret);
    let mut forms = vec![quick_xml::escape::escape(escaped.as_str()).into_owned(), escaped, decoded];
    forms.push(secret.to_owned());
    // What holds another goes first.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let digits = others.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let digits = digits.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(digits.unwrap_or(*first));
        rest = if digits.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_hidden_is_kept_in_any_form() {
        let sourcedid = "course-v1%3Aa+b:edx-c&d:u<1";
        for said in [
            "Score for course-v1%3Aa+b:edx-c&d:u<1 is now 0.5",
            "Score for course-v1:a+b:edx-c&d:u<1 is now 0.5",
            "Score for course-v1%3Aa+b:edx-c&amp;d:u&lt;1 is now 0.5",
            "Score for course-v1%3Aa+b:edx-c&amp;amp;d:u&amp;lt;1\n is \u{1b}now\t0.5",
        ] {
            assert_eq!(fit(said, &[sourcedid]), "Score for … is now 0.5", "{said}");
        }
    }

    #[test]
    fn an_echoed_request_is_left_out() {
        let said =
            "Request body XML parsing error: out of range <?xml version='1.0'?><imsx_POXEnvelopeRequest>";
        assert_eq!(fit(said, &[""]), "Request body XML parsing error: out of range");
        assert_eq!(fit(&"ä ".repeat(1000), &[]).chars().count(), MOST);
    }

    proptest! {
        #[test]
        fn words_are_short_lines_without_the_secret(said in ".{0,400}", secret in "[a-zA-Z%&<:0-9]{4,12}") {
            let words = fit(&format!("{said}{secret}{said}"), &[&secret]);
            prop_assert!(words.chars().count() <= MOST && !words.contains(char::is_control));
            prop_assert!(!words.contains(&secret));
        }
    }
}
