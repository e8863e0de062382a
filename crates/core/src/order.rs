//! Numbers in order: whole numbers that sort as floats do, and the median.

const SIGN: u64 = 1 << 63;

/// A whole number that rises with `x`; zeros of both signs have one number. Sorting these needs neither a comparison
/// of floats nor a word about NaN.
///
/// ```
/// use estimand_core::order::{ascending, value};
///
/// assert!(ascending(-2.0) < ascending(-0.5) && ascending(-0.0) == ascending(0.0));
/// assert_eq!(value(ascending(0.25)), 0.25);
/// ```
#[inline]
pub fn ascending(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The number that [`ascending`] gave a whole number for.
#[inline]
pub fn value(bits: u64) -> f64 {
    f64::from_bits(if bits & SIGN == 0 { !bits } else { bits & !SIGN })
}

/// The median of values with weights: half of the weight lies on either side. Where two values share the middle it is
/// half way between them, so that a weight of 2 is the value twice. `None` where nothing has weight.
///
/// ```
/// use estimand_core::order::median;
///
/// assert_eq!(median([(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), Some(2.0));
/// assert_eq!(median([(3.0, 2.0), (1.0, 1.0), (2.0, 1.0)]), Some(2.5));
/// ```
pub fn median(values: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let mut values: Vec<(f64, f64)> = values.into_iter().filter(|(_, w)| *w > 0.0).collect();
    let half = values.iter().map(|(_, w)| w).sum::<f64>() / 2.0;
    // The half that holds the middle, again and again.
    let (mut rest, mut below, mut last) = (values.as_mut_slice(), 0.0, f64::NEG_INFINITY);
    while rest.len() > 1 {
        let middle = rest.len() / 2;
        rest.select_nth_unstable_by_key(middle, |(v, _)| ascending(*v));
        let (low, high) = rest.split_at_mut(middle);
        let near: f64 = low.iter().map(|(_, w)| w).sum();
        if below + near > half {
            rest = low;
        } else {
            below += near;
            last = low.iter().fold(last, |last, (v, _)| last.max(*v));
            rest = high;
        }
    }
    rest.first().map(|(v, _)| if below == half { last / 2.0 + v / 2.0 } else { *v })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_sort_as_floats_do() {
        let sorted = [f64::NEG_INFINITY, -1e300, -1.0, -1e-310, 0.0, 1e-310, 0.5, 1e300, f64::INFINITY];
        for pair in sorted.windows(2) {
            assert!(ascending(pair[0]) < ascending(pair[1]), "{pair:?}");
        }
        assert!(sorted.iter().all(|x| value(ascending(*x)) == *x));
    }

    #[test]
    fn the_median_counts_weights() {
        assert_eq!(median([]), None);
        assert_eq!(median([(5.0, 0.0), (7.0, 1.0)]), Some(7.0));
        assert_eq!(median([(4.0, 1.0), (1.0, 1.0), (3.0, 1.0), (2.0, 1.0)]), Some(2.5));
        assert_eq!(median([(1.0, 1.0), (9.0, 3.0)]), Some(9.0));
        assert_eq!(median([(f64::MAX, 1.0), (f64::MAX, 1.0)]), Some(f64::MAX));
    }
}
