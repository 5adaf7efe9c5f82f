//! For programs. docs/reference/command-line.md describes it.

use super::outcome::Outcome;

pub(super) fn text(outcome: &Outcome) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(outcome)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::{super::outcome::tests::sample, *};

    #[test]
    fn the_format_stays() {
        insta::assert_snapshot!(text(&sample()).unwrap());
    }
}
