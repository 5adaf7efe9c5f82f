//! A score as LTI 1.1 has it.

use model::Points;

/// What was earned as a decimal fraction of what could be earned, `0.0` to `1.0`; `None` if nothing could be.
///
/// Points below zero are 0 and those above the whole are 1 (attack 70). Nine decimals, the last one rounded to the nearest:
/// of a million points in the gradebook that is a thousandth of one. Never in the form `1e-5`.
pub(super) fn decimal(score: Points, of: Points) -> Option<String> {
    // Adding zero turns -0 into 0.
    let text = format!("{:.9}", score.fraction_of(of)? + 0.0);
    let short = text.trim_end_matches('0');
    // At least one decimal stays: the specification's examples, and the Python service, have one.
    Some(if short.ends_with('.') { format!("{short}0") } else { short.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(score: f64, max: f64) -> Option<String> {
        decimal(Points::new(score).unwrap(), Points::new(max).unwrap())
    }

    #[test]
    fn fractions_in_use() {
        for (score, max, text) in [
            (0.0, 3.0, "0.0"),
            (3.0, 3.0, "1.0"),
            (2.0, 3.0, "0.666666667"),
            (0.85, 1.0, "0.85"),
            (5.0, 4.0, "1.0"),
            (-1.0, 4.0, "0.0"),
            (-1e-250, 1e250, "0.0"),
            (1e-12, 1.0, "0.0"),
            (999_999_999_999.0, 1e12, "1.0"),
        ] {
            assert_eq!(of(score, max).as_deref(), Some(text), "{score} of {max}");
        }
        assert_eq!(of(1.0, 0.0), None);
        assert_eq!(of(1.0, -1.0), None);
    }

    proptest! {
        #[test]
        fn it_is_always_a_plain_decimal_between_0_and_1(score: f64, max: f64) {
            if let (Ok(score), Ok(max)) = (Points::new(score), Points::new(max))
                && let Some(text) = decimal(score, max)
            {
                prop_assert!(text.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{}", text);
                let value: f64 = text.parse().unwrap();
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert!((value - score.fraction_of(max).unwrap()).abs() < 1e-9);
            }
        }
    }
}
