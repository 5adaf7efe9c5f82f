//! Points: what a question is worth and what was earned.

use std::{fmt, iter::Sum, ops::Add};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A number of points: finite, never NaN, never `-0`.
///
/// May be negative only where an assignment's own tests say so; otter-grader adds such points like any others.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Points(f64);

/// Why a number is not [`Points`].
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{0} is not a number of points")]
pub struct PointsError(f64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0.0);

    /// Takes a finite number.
    pub fn new(value: f64) -> Result<Self, PointsError> {
        // Adding zero turns -0 into 0, so that equal points print alike.
        if value.is_finite() { Ok(Self(value + 0.0)) } else { Err(PointsError(value)) }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// To five decimals, as otter-grader reports points.
    #[must_use]
    pub fn rounded(self) -> Self {
        // Printing rounds the exact binary value, as Python's `round` does.
        Self(format!("{:.5}", self.0).parse::<f64>().map_or(self.0, |rounded| rounded + 0.0))
    }

    /// So large a part of them, between 0 and 1.
    #[must_use]
    pub fn part(self, part: f64) -> Self {
        Self(self.0 * part.clamp(0.0, 1.0) + 0.0)
    }

    /// This part of `whole`, between 0 and 1; `None` when the whole is worth nothing.
    #[must_use]
    pub fn fraction_of(self, whole: Self) -> Option<f64> {
        (whole.0 > 0.0).then(|| (self.0 / whole.0).clamp(0.0, 1.0))
    }
}

impl TryFrom<f64> for Points {
    type Error = PointsError;
    fn try_from(value: f64) -> Result<Self, PointsError> {
        Self::new(value)
    }
}

impl From<Points> for f64 {
    fn from(points: Points) -> f64 {
        points.0
    }
}

impl Add for Points {
    type Output = Self;
    /// A sum too large for a number stays at the largest one, so that points are always finite.
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).clamp(f64::MIN, f64::MAX))
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    /// At most five decimals, as otter-grader reports points, without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.5}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.pad(if text == "-0" { "0" } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_points() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Points::new(bad).is_err());
        }
        assert!(serde_json::from_str::<Points>("1e999").is_err());
        assert!((Points(f64::MAX) + Points(f64::MAX)).get().is_finite());
    }

    #[test]
    fn points_print_short() {
        let show = |value| Points::new(value).unwrap().to_string();
        assert_eq!(show(3.0), "3");
        assert_eq!(show(2.0 / 3.0), "0.66667");
        assert_eq!(show(-0.0), "0");
        assert_eq!(show(-0.000_000_1), "0");
        assert_eq!(show(10.5), "10.5");
    }

    #[test]
    fn a_fraction_is_between_nothing_and_all() {
        let part = |a, b| Points::new(a).unwrap().fraction_of(Points::new(b).unwrap());
        assert_eq!(part(1.0, 4.0), Some(0.25));
        assert_eq!(part(5.0, 4.0), Some(1.0));
        assert_eq!(part(-1.0, 4.0), Some(0.0));
        assert_eq!(part(0.0, 0.0), None);
    }
}
