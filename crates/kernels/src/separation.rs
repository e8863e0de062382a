//! Squared distances from one row to many, column by column, and sums of their parts: what covariance functions are
//! made of, and their derivatives by the length scales.
//!
//! ```text
//! columns: feature j of record c stands at j · stride + c
//! s_c = Σⱼ fⱼ (xⱼ − z_cⱼ)²          Sⱼ = Σ_c h_c (xⱼ − z_cⱼ)²
//! ```
//!
//! Differences are taken before they are squared: records far from zero lose nothing, and the distance of equal records
//! is 0. A distance has the same bits whatever records it is computed among.

use crate::{isa::Isa, math::Real, reduce::LANES};

/// Records that are taken together.
const STRIP: usize = 32;

#[inline(always)]
pub(crate) fn separations<T: Real, I: Isa>(
    row: &[f64],
    columns: &[f64],
    stride: usize,
    factors: &[f64],
    out: &mut [f64],
) {
    let mut from = 0;
    let mut strips = out.chunks_exact_mut(STRIP);
    for out in &mut strips {
        let mut sums = [0.0; STRIP];
        for (j, (x, factor)) in row.iter().zip(factors).enumerate() {
            if let Some(column) = columns[j * stride + from..].first_chunk::<STRIP>() {
                for l in 0..STRIP {
                    let d = x - column[l];
                    sums[l] = (d * factor).madd::<I>(d, sums[l]);
                }
            }
        }
        out.copy_from_slice(&sums);
        from += STRIP;
    }
    let rest = strips.into_remainder();
    rest.fill(0.0);
    for (j, (x, factor)) in row.iter().zip(factors).enumerate() {
        for (sum, z) in rest.iter_mut().zip(&columns[j * stride + from..]) {
            let d = x - z;
            *sum = (d * factor).madd::<I>(d, *sum);
        }
    }
}

#[inline(always)]
pub(crate) fn separation_sums<T: Real, I: Isa>(
    row: &[f64],
    columns: &[f64],
    stride: usize,
    weights: &[f64],
    sums: &mut [f64],
) {
    for (j, (x, total)) in row.iter().zip(sums).enumerate() {
        let column = &columns[j * stride..][..weights.len()];
        let mut lanes = [0.0; LANES];
        let (weights, weights_rest) = weights.as_chunks::<LANES>();
        let (column, column_rest) = column.as_chunks::<LANES>();
        for (h, z) in weights.iter().zip(column) {
            for l in 0..LANES {
                let d = x - z[l];
                lanes[l] = (d * h[l]).madd::<I>(d, lanes[l]);
            }
        }
        for (l, (h, z)) in weights_rest.iter().zip(column_rest).enumerate() {
            let d = x - z;
            lanes[l] = (d * h).madd::<I>(d, lanes[l]);
        }
        *total += lanes.iter().sum::<f64>();
    }
}

#[cfg(test)]
mod tests {
    use crate as kernels;

    #[test]
    fn distances_and_their_parts_are_those_of_the_definition() {
        let (p, n, stride) = (3, 77, 80);
        let at = |j: usize, c: usize| ((j * 31 + c * 7) as f64).sin() + 1e6;
        let mut columns = vec![0.0; p * stride];
        for j in 0..p {
            (0..n).for_each(|c| columns[j * stride + c] = at(j, c));
        }
        let row = [1e6 + 0.5, 1e6 - 0.25, 1e6];
        let factors = [1.0, 0.5, 4.0];
        let mut found = vec![9.0; n];
        kernels::separations::<f64>(&row, &columns, stride, &factors, &mut found);
        let weights: Vec<f64> = (0..n).map(|c| (c as f64).cos()).collect();
        let mut sums = [1.0; 3];
        kernels::separation_sums::<f64>(&row, &columns, stride, &weights, &mut sums);
        for c in 0..n {
            let truth: f64 = (0..p).map(|j| factors[j] * (row[j] - at(j, c)).powi(2)).sum();
            assert!((found[c] - truth).abs() <= 4.0 * f64::EPSILON * truth, "{c}");
            // The same bits alone.
            let mut one = [0.0];
            let alone: Vec<f64> = (0..p).map(|j| at(j, c)).collect();
            kernels::separations::<f64>(&row, &alone, 1, &factors, &mut one);
            assert_eq!(one[0].to_bits(), found[c].to_bits());
        }
        for j in 0..p {
            let truth: f64 = (0..n).map(|c| weights[c] * (row[j] - at(j, c)).powi(2)).sum();
            // Terms of both signs.
            assert!((sums[j] - 1.0 - truth).abs() < 1e-12 * n as f64, "{j}");
        }
    }
}
