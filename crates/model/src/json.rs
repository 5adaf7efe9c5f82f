//! JSON from outside: how deep it may nest.

use memchr::memchr2;

/// Whether arrays and objects nest more than `limit` deep, found in one pass without recursion.
///
/// The text need not be valid JSON; a parser that follows says so. Checked first because a recursive parser could
/// otherwise be made to use up its stack (attack 47).
pub(crate) fn nests_deeper_than(text: &[u8], limit: usize) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(text, at),
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Where a string ends that began before `at`: behind its quote, or behind the text. Most of a notebook is strings.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        match text[at + found] {
            b'"' => return at + found + 1,
            // Whatever is escaped ends nothing.
            _ => at += found + 2,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::nests_deeper_than;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(!nests_deeper_than(b"[[[]]]", 3));
        assert!(nests_deeper_than(b"[[[[]]]]", 3));
        assert!(!nests_deeper_than(br#"["[[[[", "\"[[[["]"#, 1));
        assert!(!nests_deeper_than(b"[][][][]", 1));
        assert!(nests_deeper_than(br#"["\\", [""]]"#, 1), "an escaped backslash escapes no quote");
        for broken in [&br#"["\"#[..], br#"["\""#, br#"[""#, br#"["a"#, b"\"\\"] {
            assert!(!nests_deeper_than(broken, 1));
        }
    }
}
