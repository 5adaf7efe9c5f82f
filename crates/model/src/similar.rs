//! Which known word somebody meant.

/// The known word that is closest to `word`, if it differs by a typing mistake or two: at most a third of its
/// characters, and at most three.
pub fn similar<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    // What is much longer or shorter is not close, and comparing costs the product of both lengths.
    let near = known.into_iter().filter(|known| known.chars().count().abs_diff(length) <= 3);
    let (distance, known) = near.map(|known| (distance(word, known), known)).min()?;
    (distance <= 3 && distance * 3 <= known.chars().count()).then_some(known)
}

/// Levenshtein's distance: how many characters must be put in, left out or changed.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_near_and_another_word_is_not() {
        let known = ["environment", "attempts", "late", "due"];
        assert_eq!(similar("enviroment", known), Some("environment"));
        assert_eq!(similar("attempt", known), Some("attempts"));
        assert_eq!(similar("deu", known), None, "two of three characters differ");
        assert_eq!(similar("title", known), None);
        assert_eq!((distance("", "abc"), distance("kitten", "sitting")), (3, 3));
    }
}
