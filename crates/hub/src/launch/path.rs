//! By what path a notebook is meant.

/// The path of a notebook in its user's files, in the form by which line items are found: decoded as URLs are, without
/// `/` around it and without a leading `tree/`, which a file browser's URLs have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotebookPath(String);

impl NotebookPath {
    /// Takes a key of `lti13_ags_lineitems` or the header `X-Otter-Notebook-Path`. `None` if nothing is left of it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = decode(text);
        let path = decoded.trim_matches('/');
        let path = path.strip_prefix("tree/").unwrap_or(path).trim_matches('/');
        (!path.is_empty()).then(|| Self(path.to_owned()))
    }

    /// Whether it is that of an assignment's notebook, by its name: `labs/lab01.ipynb` of `lab01`.
    #[must_use]
    pub fn is_named(&self, assignment: &str) -> bool {
        let file = self.0.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(".ipynb").is_some_and(|stem| stem.eq_ignore_ascii_case(assignment))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `%41` is `A`; a `%` before anything else is itself, and `+` is `+`, as in paths.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair =
            bytes.get(at + 1..at + 3).filter(|pair| byte == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        let pair = pair.and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(decoded) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            out.push(decoded);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_of_the_assignment_that_its_file_names() {
        let is_named = |path: &str| NotebookPath::parse(path).unwrap().is_named("lab01");
        assert!(is_named("lab01.ipynb") && is_named("tree/my%20course/Lab01.ipynb"));
        assert!(!is_named("final.ipynb") && !is_named("lab01/final.ipynb") && !is_named("lab01"));
    }

    #[test]
    fn one_notebook_by_all_its_names() {
        for text in [
            "course/lab 01.ipynb",
            "/course/lab 01.ipynb/",
            "course/lab%2001.ipynb",
            "tree/course/lab%2001.ipynb",
            "/tree/course/lab 01.ipynb",
            "%2Ftree%2Fcourse%2flab%2001.ipynb",
        ] {
            assert_eq!(NotebookPath::parse(text).unwrap().as_str(), "course/lab 01.ipynb", "{text}");
        }
        assert_eq!(NotebookPath::parse("a+b%zz%e9%c3%a9").unwrap().as_str(), "a+b%zz\u{fffd}é");
        assert_eq!(NotebookPath::parse("trees/x").unwrap().as_str(), "trees/x");
        for text in ["", "/", "tree/", "/tree//", "%2f"] {
            assert!(NotebookPath::parse(text).is_none_or(|path| path.as_str() == "tree"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_encoded_path_is_the_path(path in "[a-zé %/+]{1,20}") {
            let encoded: String = path.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect();
            let plain = path.trim_matches('/');
            let plain = plain.strip_prefix("tree/").unwrap_or(plain).trim_matches('/');
            prop_assert_eq!(
                NotebookPath::parse(&encoded).map(|path| path.as_str().to_owned()),
                Some(plain.to_owned()).filter(|plain| !plain.is_empty())
            );
        }
    }
}
