//! What weights are counted in.

/// Weights up to this count rows: that of 2 is the row twice to the last bit.
const COUNTS: f64 = 1024.0;
/// The least of largest weights whose products keep their digits.
const TINY: f64 = 1e-20;

/// The power of two to divide weights by so that sums of their products stay in the range of numbers, and keep their
/// digits: 1 unless the largest is above 1024, or tiny; else next to the largest.
pub fn weight_unit(weights: &[f64]) -> f64 {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    match largest {
        0.0 | TINY..=COUNTS => 1.0,
        _ => f64::powi(2.0, largest.log2().ceil().clamp(-1000.0, 1000.0) as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_weights_stay() {
        for weights in [&[][..], &[0.0], &[1.0, 0.5], &[1024.0, 1e-300], &[1e-20]] {
            assert_eq!(weight_unit(weights), 1.0);
        }
        for largest in [5e-324, 1e-300, 1e-21, 1025.0, 1e150, f64::MAX] {
            let scaled = largest / weight_unit(&[0.0, largest, 0.0]);
            // Beyond 2¹⁰⁰⁰ the unit does not follow.
            assert!(scaled > 1e-23 && scaled < 1e8, "{largest}: {scaled}");
        }
    }
}
