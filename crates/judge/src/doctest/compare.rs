//! `doctest.OutputChecker.check_output`.

use std::borrow::Cow;

use super::Flags;

const BLANKLINE: &str = "<BLANKLINE>";
const ELLIPSIS: &str = "...";

/// Whether what came is what was wanted.
#[must_use]
pub fn matches(want: &str, got: &str, flags: Flags) -> bool {
    let (want, got) = (to_ascii(want), to_ascii(got));
    if got == want {
        return true;
    }
    // What comparisons gave before Python 2.3.
    if !flags.dont_accept_true_for_1 && matches!((&*got, &*want), ("True\n", "1\n") | ("False\n", "0\n")) {
        return true;
    }
    let (want, got) = if flags.dont_accept_blankline {
        (want, got)
    } else {
        let (want, got) = (without_markers(&want), without_blanks(&got));
        if got == want {
            return true;
        }
        (want.into(), got.into())
    };
    let (want, got) = if flags.normalize_whitespace {
        let (want, got) = (normalized(&want), normalized(&got));
        if got == want {
            return true;
        }
        (want.into(), got.into())
    } else {
        (want, got)
    };
    flags.ellipsis && matches_with_ellipsis(&want, &got)
}

/// As `str.encode("ASCII", "backslashreplace")` does.
fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let escaped = |c: char| match u32::from(c) {
        0..=0x7f => c.to_string(),
        code @ 0x80..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    text.chars().map(escaped).collect::<String>().into()
}

/// Each line that is a marker becomes a blank one. (In Python `re.sub(r"(?m)^<BLANKLINE>\s*?$", "", want)`.)
fn without_markers(want: &str) -> String {
    let is_marker = |line: &str| line.strip_prefix(BLANKLINE).is_some_and(is_blank);
    by_lines(want, is_marker)
}

/// Each line of blanks becomes an empty one. (In Python `re.sub(r"(?m)^[^\S\n]+$", "", got)`.)
fn without_blanks(got: &str) -> String {
    by_lines(got, is_blank)
}

fn by_lines(text: &str, is_to_go: impl Fn(&str) -> bool) -> String {
    text.split('\n').map(|line| if is_to_go(line) { "" } else { line }).collect::<Vec<_>>().join("\n")
}

fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// As `" ".join(text.split())` does.
fn normalized(text: &str) -> String {
    text.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Python's whitespace, as far as it is ASCII.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r' | '\x1c'..='\x1f')
}

/// `doctest._ellipsis_match`: the pieces between the dots come one after the other, without overlap.
fn matches_with_ellipsis(want: &str, got: &str) -> bool {
    let pieces: Vec<_> = want.split(ELLIPSIS).collect();
    let [first, middle @ .., last] = &pieces[..] else { return want == got };
    let Some(mut left) = got.strip_prefix(first).and_then(|got| got.strip_suffix(last)) else { return false };
    for piece in middle {
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Flags = Flags::NONE;

    #[test]
    fn text_matches_itself_and_one_is_true() {
        assert!(matches("", "", NONE) && matches("π\n", "π\n", NONE));
        assert!(!matches("1\n", "1", NONE));
        // Both are escaped before they are compared.
        assert!(matches("\\u03c0\n", "π\n", NONE) && matches("\\xe9", "é", NONE));
        assert!(matches("\\U0001f600", "😀", NONE));
        assert!(matches("1\n", "True\n", NONE) && matches("0\n", "False\n", NONE));
        assert!(!matches("True\n", "1\n", NONE) && !matches("1\n", "False\n", NONE));
        assert!(!matches("1\n", "True\n", Flags { dont_accept_true_for_1: true, ..NONE }));
    }

    #[test]
    fn blank_lines_are_marked() {
        assert!(matches("a\n<BLANKLINE>\nb\n", "a\n\nb\n", NONE));
        assert!(matches("a\n<BLANKLINE>  \nb\n", "a\n \t\nb\n", NONE));
        assert!(!matches("a\n <BLANKLINE>\n", "a\n\n", NONE));
        assert!(!matches("a\n<BLANKLINE>\n", "a\n\n", Flags { dont_accept_blankline: true, ..NONE }));
    }

    #[test]
    fn whitespace_may_be_all_alike() {
        let flags = Flags { normalize_whitespace: true, ..NONE };
        assert!(matches("[1,\n 2]\n", "[1,  2]\x1c\n", flags));
        assert!(!matches("[1, 2]\n", "[1,2]\n", flags));
        // Not ASCII, so escaped.
        assert!(!matches("a b\n", "a\u{a0}b\n", flags));
    }

    #[test]
    fn dots_match_anything() {
        let flags = Flags { ellipsis: true, ..NONE };
        assert!(matches("[0, ..., 9]\n", "[0, 1, 2, 9]\n", flags));
        assert!(
            matches("...", "", flags) && matches("a....b", "a.b", flags) && !matches("a....b", "ab", flags)
        );
        assert!(!matches("aa...aa", "aaa", flags));
        assert!(matches("a...b...c", "acb c", flags) && !matches("a...b...c", "acbb", flags));
        assert!(!matches("a...b", "axb", NONE));
    }
}
