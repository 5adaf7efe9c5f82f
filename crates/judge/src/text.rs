//! Text that came out of a submission's process, made safe to show.

/// Bytes of a text that are kept.
const LONGEST: usize = 8 << 10;

/// Text that is safe to show anywhere that escapes it: no terminal sequences, no control characters but line breaks
/// and tabs, not too long.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if out.len() >= LONGEST {
            out.push_str("\n…");
            break;
        }
        match c {
            '\u{1b}' => skip_escape_sequence(&mut chars),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Skips the rest of a terminal sequence (ECMA-48 §5.4: `ESC [`, parameters, one final byte), such as a colour in a
/// traceback.
fn skip_escape_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if chars.next_if_eq(&'[').is_some() {
        while chars.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
        chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
    }
}

/// The text indented by four blanks, as `doctest` shows what is not its own; a line without text stays empty.
pub(crate) fn indent(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The text's first `most` bytes at a character's border, and an ellipsis on a line of its own if that is not all.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}\n…", text[..text.floor_char_boundary(most)].trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cut_text_says_so() {
        assert_eq!(cut("añb", 4), "añb");
        assert_eq!(cut("añb", 2), "a\n…");
    }

    proptest! {
        #[test]
        fn clean_text_holds_no_controls_and_is_short(text in any::<String>(), times in 0..2000_usize) {
            let cleaned = clean(&text.repeat(times));
            prop_assert!(cleaned.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert!(cleaned.len() <= LONGEST + 8);
        }
    }
}
