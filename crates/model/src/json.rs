//! JSON from outside: how deep it may nest.

/// Whether arrays and objects nest more than `limit` deep, found in one pass without recursion.
///
/// The text need not be valid JSON; a parser that follows says so. Checked first because a recursive parser could
/// otherwise be made to use up its stack (attack 47).
pub(crate) fn nests_deeper_than(text: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
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

#[cfg(test)]
mod tests {
    use super::nests_deeper_than;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(!nests_deeper_than(b"[[[]]]", 3));
        assert!(nests_deeper_than(b"[[[[]]]]", 3));
        assert!(!nests_deeper_than(br#"["[[[[", "\"[[[["]"#, 1));
        assert!(!nests_deeper_than(b"[][][][]", 1));
    }
}
