//! Sums over the places that a list of numbers names: what compressed rows and columns need.
//!
//! The largest number is looked at first, eight at a time, so that the loop itself need not check each.

use crate::{isa::Isa, math::Real};

const LANES: usize = 8;

/// # Panics
/// If there is no such place.
#[inline(always)]
fn check(indices: &[u32], len: usize) {
    let largest = indices.iter().fold(0, |max, i| (*i).max(max));
    assert!(indices.is_empty() || (largest as usize) < len, "place {largest} of {len}");
}

#[inline(always)]
pub(crate) fn sparse_dot<T: Real, I: Isa>(indices: &[u32], values: &[T], v: &[f64]) -> f64 {
    let n = indices.len().min(values.len());
    let (indices, values) = (&indices[..n], &values[..n]);
    check(indices, v.len());
    // SAFETY: `check` has seen every one of the numbers.
    let at = |i: u32| unsafe { *v.get_unchecked(i as usize) };
    let ((eights, rest), (values, values_rest)) = (indices.as_chunks::<LANES>(), values.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (indices, values) in eights.iter().zip(values) {
        for l in 0..LANES {
            sums[l] = values[l].f64().madd::<I>(at(indices[l]), sums[l]);
        }
    }
    let sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    rest.iter().zip(values_rest).fold(sum, |sum, (i, value)| value.f64().madd::<I>(at(*i), sum))
}

#[inline(always)]
pub(crate) fn sparse_axpy<T: Real, I: Isa>(alpha: f64, indices: &[u32], values: &[T], y: &mut [f64]) {
    check(indices, y.len());
    for (i, value) in indices.iter().zip(values) {
        // SAFETY: `check` has seen every one of the numbers.
        let y = unsafe { y.get_unchecked_mut(*i as usize) };
        *y = alpha.madd::<I>(value.f64(), *y);
    }
}

#[inline(always)]
pub(crate) fn sparse_squares<T: Real, I: Isa>(
    alpha: f64,
    indices: &[u32],
    values: &[T],
    centre: &[f64],
    y: &mut [f64],
) {
    check(indices, y.len().min(centre.len()));
    for (i, value) in indices.iter().zip(values) {
        let (i, value) = (*i as usize, value.f64());
        // SAFETY: `check` has seen every one of the numbers.
        let (y, centre) = unsafe { (y.get_unchecked_mut(i), *centre.get_unchecked(i)) };
        *y = (alpha * value).madd::<I>(2.0f64.madd::<I>(-centre, value), *y);
    }
}

#[cfg(test)]
mod tests {
    use crate::{sparse_axpy, sparse_dot, sparse_squares};

    #[test]
    fn sums_over_places_are_those_of_the_loop() {
        let v: Vec<f64> = (0..50).map(|i| f64::from(i).sin()).collect();
        for n in [0, 1, 7, 8, 9, 16, 31] {
            let indices: Vec<u32> = (0..n).map(|i| (i * 17 + 3) % 50).collect();
            let values: Vec<f32> = (0..n).map(|i| i as f32 * 0.25 - 2.0).collect();
            let terms = || indices.iter().zip(&values).map(|(i, x)| (*i as usize, f64::from(*x)));
            let slow: f64 = terms().map(|(i, x)| x * v[i]).sum();
            // 31 terms of at most 6 each.
            assert!((sparse_dot(&indices, &values, &v) - slow).abs() < 1e-13);
            let (mut y, mut slow) = (v.clone(), v.clone());
            sparse_axpy(0.5, &indices, &values, &mut y);
            terms().for_each(|(i, x)| slow[i] += 0.5 * x);
            assert!(y.iter().zip(&slow).all(|(a, b)| (a - b).abs() < 1e-14));
            let mut y = slow.clone();
            sparse_squares(0.5, &indices, &values, &v, &mut y);
            terms().for_each(|(i, x)| slow[i] += 0.5 * ((x - v[i]).powi(2) - v[i].powi(2)));
            // Squares of at most 10 are taken apart.
            assert!(y.iter().zip(&slow).all(|(a, b)| (a - b).abs() < 1e-13));
        }
    }

    #[test]
    #[should_panic(expected = "place 50 of 50")]
    fn places_beyond_the_end_are_refused() {
        sparse_dot(&[3, 50, 4], &[1.0, 1.0, 1.0], &[0.0; 50]);
    }

    #[test]
    #[should_panic(expected = "place 9 of 5")]
    fn places_beyond_the_end_are_not_written() {
        sparse_axpy(1.0, &[9], &[1.0_f32], &mut [0.0; 5]);
    }
}
