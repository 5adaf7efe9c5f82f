//! What a program that handles secrets complained, fit for a log.

use std::collections::BTreeMap;

/// More than a reason needs.
const MOST: usize = 2000;

/// One line, without the values of variables that hold keys, and without anything that looks like a key.
pub(super) fn without_secrets(said: &[u8], variables: &BTreeMap<String, String>) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    let mut values: Vec<&str> = variables
        .iter()
        .filter(|(name, _)| holds_a_secret(name))
        .flat_map(|(_, value)| value.lines())
        .collect();
    // The longest first, so that none is cut by a shorter one in it.
    values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
    for value in values.into_iter().map(str::trim).filter(|value| value.len() >= 4) {
        text = text.replace(value, "[hidden]");
    }
    let mut in_key = false;
    let mut words = Vec::new();
    for line in text.lines() {
        in_key |= line.contains("-----BEGIN");
        if in_key {
            in_key = !line.contains("-----END");
            continue;
        }
        // sops frames its reasons with `|`.
        let said = line.split_whitespace().filter(|word| *word != "|");
        words.extend(said.map(|word| if looks_like_a_key(word) { "[hidden]" } else { word }));
    }
    let line: String = words.join(" ").chars().filter(|c| !c.is_control()).take(MOST).collect();
    if line.is_empty() { "nothing".into() } else { line }
}

fn holds_a_secret(name: &str) -> bool {
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS", "PROXY", "proxy"].iter().any(|part| name.contains(part))
        // Paths are told: they are what is to be mended.
        && !name.ends_with("_FILE")
        && name != "GOOGLE_APPLICATION_CREDENTIALS"
}

fn looks_like_a_key(word: &str) -> bool {
    word.contains("AGE-SECRET-KEY-") || word.contains("ENC[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_keys_are_hidden_and_paths_are_told() {
        let variables = BTreeMap::from([
            ("SOPS_AGE_KEY".to_owned(), "# made today\nAGE-SECRET-KEY-1QQQ\n".to_owned()),
            ("SOPS_AGE_KEY_FILE".to_owned(), "/run/age.txt".to_owned()),
            ("VAULT_TOKEN".to_owned(), "hvs.abcdef".to_owned()),
        ]);
        let said = "Failed:\n\tmalformed `AGE-SECRET-KEY-1QQQ` or AGE-SECRET-KEY-1PPP in /run/age.txt\nhvs.abcdef: \u{7}denied\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nend";
        let told = without_secrets(said.as_bytes(), &variables);
        assert_eq!(told, "Failed: malformed `[hidden]` or [hidden] in /run/age.txt [hidden]: denied end");
        assert_eq!(without_secrets(b" \n", &variables), "nothing");
    }
}
