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
    values.sort_unstable_by_key(|(v, _)| ascending(*v));
    let half = values.iter().map(|(_, w)| w).sum::<f64>() / 2.0;
    let mut below = 0.0;
    let mut iter = values.iter().peekable();
    while let Some((v, w)) = iter.next() {
        below += w;
        match iter.peek() {
            Some((next, _)) if below == half => return Some(v / 2.0 + next / 2.0),
            Some(_) if below < half => {}
            _ => return Some(*v),
        }
    }
    None
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
