//! What may be expected and printed, and what nearly matches.

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// Pieces of text in which the rules of `doctest` show.
const PIECES: [&str; 51] = [
    "a",
    "b",
    "ab",
    "1",
    "0",
    "True",
    "False",
    "True\n",
    "1\n",
    "0\n",
    "\n",
    "\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\u{b}",
    "\u{c}",
    "\r",
    "\r\n",
    "\u{1c}",
    "\u{1f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{3000}",
    "<BLANKLINE>",
    "<BLANKLINE>\n",
    "\n<BLANKLINE> \n",
    "...",
    "...",
    "....",
    ".",
    "π",
    "\\u03c0",
    "é",
    "\\xe9",
    "😀",
    "...",
    "...",
    "...",
    "... ",
    "ÿ",
    "\u{80}",
    "Ā",
    "\u{ffff}",
    "\u{10000}",
    "\\xff",
    "\\u0100",
    "\\uffff",
    "\\U00010000",
];
/// What stands for each other under some flag, or nearly.
const ALIKE: [(&str, &str); 19] = [
    ("...", ""),
    ("...", "ab1"),
    ("...", "a\nb"),
    ("...", "."),
    ("<BLANKLINE>", ""),
    ("<BLANKLINE>", " \t"),
    ("<BLANKLINE>\n", "\n"),
    (" ", "\n"),
    (" ", "  "),
    (" ", "\t\u{c}"),
    ("1", "True"),
    ("0", "False"),
    ("\\u03c0", "π"),
    ("\\xe9", "é"),
    ("\n", ""),
    ("\\xff", "ÿ"),
    ("\\u0100", "Ā"),
    ("\\uffff", "\u{ffff}"),
    ("\\U00010000", "\u{10000}"),
];

fn pieces(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(&PIECES[..]).prop_map(ToOwned::to_owned), 0..most)
}

/// What is wanted, and what came: often a match, often nearly one.
pub(crate) fn pairs() -> impl Strategy<Value = (String, String)> {
    let changes = prop::collection::vec((select(&ALIKE[..]), any::<bool>()), 0..4);
    let other = (any::<prop::sample::Index>(), pieces(3));
    (pieces(8), changes, prop::option::weighted(0.3, other), any::<bool>()).prop_map(
        |(mut want, changes, other, ends)| {
            if ends {
                want.push("\n".into());
            }
            let mut got = want.clone();
            for (alike, is_everywhere) in changes {
                replace(&mut got, alike, is_everywhere);
            }
            if let Some((at, pieces)) = other {
                let at = at.index(got.len() + 1);
                got.splice(at..(at + 1).min(got.len()), pieces);
            }
            (want.concat(), got.concat())
        },
    )
}

fn replace(pieces: &mut [String], (from, to): (&str, &str), is_everywhere: bool) {
    for piece in pieces.iter_mut().filter(|piece| piece.contains(from)) {
        *piece = piece.replace(from, to);
        if !is_everywhere {
            return;
        }
    }
}

/// Option flags, by name.
pub(crate) fn options() -> impl Strategy<Value = Vec<String>> {
    let names = [
        "DONT_ACCEPT_TRUE_FOR_1",
        "DONT_ACCEPT_BLANKLINE",
        "NORMALIZE_WHITESPACE",
        "ELLIPSIS",
        "SKIP",
        "IGNORE_EXCEPTION_DETAIL",
        "FAIL_FAST",
        "REPORT_UDIFF",
        "REPORT_ONLY_FIRST_FAILURE",
    ];
    prop::sample::subsequence(names.map(ToOwned::to_owned).to_vec(), 0..4)
}

/// A doctest whose examples call `do(NUMBER)`, and what each number does.
pub(crate) fn doctests() -> impl Strategy<Value = (String, Vec<Value>)> {
    let class = select(vec!["ValueError", "KeyError", "Other", "SystemExit"]);
    let module = select(vec!["", "some.where.", "some.", "where."]);
    let raised = prop::option::weighted(0.4, ((module, class.clone()), class, prop::option::of(pairs())));
    let example = (pairs(), raised, prop::option::weighted(0.5, (options(), any::<bool>())));
    prop::collection::vec(example, 1..5).prop_map(|examples| {
        let (mut text, mut deeds) = (String::new(), Vec::new());
        for (number, ((want, printed), raised, options)) in examples.into_iter().enumerate() {
            let directive = match options {
                Some((names, on)) if !names.is_empty() => {
                    let sign = if on { "+" } else { "-" };
                    let signed: Vec<_> = names.iter().map(|name| format!("{sign}{name}")).collect();
                    format!(" # doctest: {}", signed.join(", "))
                }
                _ => String::new(),
            };
            let (want, raised) = match raised {
                None => (want, None),
                Some(((_, message), class, None)) => (want, Some((class, message.to_owned()))),
                Some(((module, expected), class, Some((wanted, message)))) => {
                    let want = format!("Traceback (most recent call last):\n{module}{expected}: {wanted}");
                    (want, Some((class, message)))
                }
            };
            // Dots at the start would go on with the source.
            let dots = if want.trim_start().starts_with("...") { "w" } else { "" };
            text.extend([">>> do(", &number.to_string(), ")", &directive, "\n", dots, &want, "\n\n"]);
            deeds.push(json!({"printed": printed, "raised": raised}));
        }
        (text, deeds)
    })
}
