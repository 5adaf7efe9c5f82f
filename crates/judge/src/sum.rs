//! Python's `sum` of floats.

/// Adds as the interpreter of this version does, so that totals agree to the last bit: from 3.12 on with a
/// compensation (Neumaier's; `Python/bltinmodule.c`), before without.
pub(crate) fn sum(values: impl IntoIterator<Item = f64>, python: &str) -> f64 {
    let (mut total, mut compensation) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        compensation +=
            if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    if compensates(python) && compensation.is_finite() { total + compensation } else { total }
}

fn compensates(python: &str) -> bool {
    let mut parts = python.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (3, 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_interpreters() {
        let tenths = || std::iter::repeat_n(0.1, 10);
        assert_eq!(sum(tenths(), "3.11.7").to_string(), "0.9999999999999999");
        assert_eq!(sum(tenths(), "3.12.1").to_string(), "1");
        assert_eq!(sum([0.1, 0.2, 0.3], "3.9.18").to_string(), "0.6000000000000001");
        assert_eq!(sum([0.1, 0.2, 0.3], "3.13.0").to_string(), "0.6");
        assert_eq!(sum([], "3.12").to_string(), "0");
    }
}
