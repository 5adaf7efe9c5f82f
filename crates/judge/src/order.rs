//! The order in which people count questions.

use model::Question;

/// Questions as people count them: `q2` before `q10`. otter-grader has them in the order in which they happened to be
/// checked.
#[must_use]
pub fn in_order(mut questions: Vec<Question>) -> Vec<Question> {
    questions.sort_by_cached_key(|question| natural(&question.name));
    questions
}

/// The text cut into words and numbers, each number told by its length first.
fn natural(text: &str) -> Vec<(usize, String)> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    let mut was_digit = None;
    for c in text.chars() {
        let is_digit = c.is_ascii_digit();
        if was_digit != Some(is_digit) {
            parts.push((0, String::new()));
        }
        was_digit = Some(is_digit);
        if let Some((digits, part)) = parts.last_mut() {
            *digits += usize::from(is_digit);
            part.push(c);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_in_the_order_of_their_names() {
        let mut names = ["q10", "q2b", "q2a", "q1", "extra"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["extra", "q1", "q2a", "q2b", "q10"]);
    }
}
