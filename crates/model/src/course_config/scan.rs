//! Where in a JSON text something stands, which `serde_json` does not tell of what it has parsed.
//!
//! Only for texts that `serde_json` has accepted: so it nests at most 128 deep and all brackets and quotes are closed.

use std::collections::BTreeSet;

/// The place of a member's name, or of the root. Of members with the same name the last one, which is the one that
/// counts. The place of the nearest parent if there is no such member.
pub(super) fn locate(text: &[u8], path: &[String]) -> usize {
    let mut scanner = Scanner::at_root(text);
    let mut found = scanner.at;
    for name in path {
        let mut here = None;
        scanner.members(|scanner, member, at| {
            if member == *name {
                here = Some((at, scanner.at));
            }
            scanner.skip();
        });
        let Some((at, value)) = here else { break };
        found = at;
        scanner.at = value;
    }
    found
}

/// The members that come again later in the same object, at most so many.
pub(super) fn repeated(text: &[u8], most: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    Scanner::at_root(text).collect_repeated(&mut Vec::new(), &mut found, most);
    found
}

/// Both counted from 1; columns in characters.
pub(super) fn line_and_column(text: &[u8], at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let line = before.split(|&byte| byte == b'\n').count();
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn at_root(text: &'a [u8]) -> Self {
        let mut scanner = Self { text, at: 0 };
        scanner.space();
        scanner
    }

    fn here(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.here().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// The string that begins here.
    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.here() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        let end = self.at.min(self.text.len());
        serde_json::from_slice(&self.text[start..end]).unwrap_or_default()
    }

    /// Goes past the value that begins here.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.here() {
            match byte {
                b'"' => {
                    self.string();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Visits the members of the object that begins here, with name and place of the name; the visitor goes past the
    /// value. Nothing that is no object has members.
    fn members(&mut self, mut visit: impl FnMut(&mut Self, String, usize)) {
        if self.here() != Some(b'{') {
            return;
        }
        self.at += 1;
        loop {
            self.space();
            match self.here() {
                Some(b'"') => {}
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                _ => break,
            }
            let at = self.at;
            let name = self.string();
            self.space();
            self.at += 1; // the colon
            self.space();
            visit(self, name, at);
        }
        self.at += 1;
    }

    fn collect_repeated(&mut self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>, most: usize) {
        if self.here() != Some(b'{') {
            self.skip();
            return;
        }
        let mut seen = BTreeSet::new();
        self.members(|scanner, name, _| {
            path.push(name.clone());
            if !seen.insert(name) && found.len() < most && !found.contains(path) {
                found.push(path.clone());
            }
            scanner.collect_repeated(path, found, most);
            path.pop();
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[\\PC\"\\\\\n{}\\[\\],:]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[\\PC\"\\\\/~{},:]{0,5}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    /// Every member of objects in objects.
    fn members(value: &Value, path: &[String], found: &mut Vec<(Vec<String>, Value)>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = [path, std::slice::from_ref(name)].concat();
            members(value, &path, found);
            found.push((path, value.clone()));
        }
    }

    /// What `serde_json` reads at a place: a name, and the value behind its colon.
    fn member_at(text: &str, at: usize) -> (String, Value) {
        let mut names = serde_json::Deserializer::from_str(&text[at..]).into_iter::<String>();
        let name = names.next().unwrap().unwrap();
        let rest = text[at + names.byte_offset()..].trim_start().strip_prefix(':').unwrap();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        (name, values.next().unwrap().unwrap())
    }

    proptest! {
        #[test]
        fn every_member_is_found_where_serde_json_reads_it(value in value(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = format!(" \n{}", text.unwrap());
            let value: Value = serde_json::from_str(&text).unwrap();
            let mut all = Vec::new();
            members(&value, &[], &mut all);
            for (path, value) in all {
                let at = locate(text.as_bytes(), &path);
                prop_assert_eq!(member_at(&text, at), (path.last().unwrap().clone(), value));
            }
            prop_assert_eq!(repeated(text.as_bytes(), 9), Vec::<Vec<String>>::new());
        }

        #[test]
        fn nothing_makes_it_run_for_ever(text in "[{}\\[\\]\",:\\\\ a0]{0,60}") {
            locate(text.as_bytes(), &["a".into(), "a".into()]);
            repeated(text.as_bytes(), 9);
        }
    }

    #[test]
    fn of_members_with_the_same_name_the_last_one_is_found_and_each_is_named_once() {
        let text = br#"{"a": 1, "b": {"c": [{"c": 1, "c": 2}], "c": {}, "c": {}}, "\u0061": {"x": 2}}"#;
        assert_eq!(repeated(text, 9), [vec!["b".to_owned(), "c".into()], vec!["a".into()]]);
        assert_eq!(repeated(text, 1).len(), 1);
        assert_eq!(locate(text, &["a".into(), "x".into()]), text.len() - 8);
        assert_eq!(locate(text, &["b".into(), "z".into()]), 9, "the nearest parent");
    }

    #[test]
    fn columns_count_characters() {
        let text = "{\n \"é\": {\"x\": 1}}".as_bytes();
        assert_eq!(line_and_column(text, locate(text, &["é".into(), "x".into()])), (2, 8));
        assert_eq!(line_and_column(text, 0), (1, 1));
    }
}
