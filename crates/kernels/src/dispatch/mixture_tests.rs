//! The kernels of `mixture` against readable twins.

use super::tests::{for_each_copy, same_sum, values};
use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn components_are_their_definitions(p in 0..14_usize, k in 1..6_usize, x in values(112), v in values(140), s in values(40)) {
        let x = &x.as_chunks::<8>().0[..p];
        let (shift, diagonal, factor) = (&v[..p], &v[14..14 + p], &v[28..]);
        let scores = &s.as_chunks::<8>().0[..k];
        for_each_copy!(|table: Table<T>| {
            let (mut y, mut first, mut second) = (vec![[7.0; 8]; p], vec![[1.0; 8]; p], vec![[2.0; 8]; p]);
            let r: [f64; 8] = std::array::from_fn(|l| l as f64 * 0.25);
            let (mut shares, mut logs) = (scores.to_vec(), [[0.0; 8]]);
            // SAFETY: `candidates` yields copies that this processor can run.
            let (full, scaled) = unsafe {
                (table.moments_eight)(x, shift, &r, &mut first, &mut second);
                (table.responsibilities)(&mut shares, k, &mut logs);
                ((table.triangle_eight)(x, shift, factor, &mut y), (table.scaled_eight)(x, shift, diagonal))
            };
            for l in 0..8 {
                let d: Vec<f64> = (0..p).map(|j| x[j][l] - shift[j]).collect();
                let terms = |j: usize| (0..=j).map(move |i| (j * (j + 1) / 2 + i, i));
                let (mut total, mut size) = (0.0, 0.0);
                for j in 0..p {
                    let expected: f64 = terms(j).map(|(a, i)| factor[a] * d[i]).sum();
                    let bound: f64 = terms(j).map(|(a, i)| (factor[a] * d[i]).abs()).sum();
                    assert!(same_sum(y[j][l], expected, bound, p));
                    (total, size) = (total + expected * expected, size + bound * bound);
                    assert!(same_sum(first[j][l], 1.0 + r[l] * d[j], 1.0 + (r[l] * d[j]).abs(), 2));
                    assert!(same_sum(second[j][l], 2.0 + r[l] * d[j] * d[j], 2.0 + r[l] * d[j] * d[j], 3));
                }
                assert!(same_sum(full[l], total, size, 2 * p + 2));
                let expected: f64 = (0..p).map(|j| (d[j] * diagonal[j]).powi(2)).sum();
                assert!(same_sum(scaled[l], expected, expected, p + 2));
                let top = scores.iter().fold(f64::NEG_INFINITY, |m, s| m.max(s[l]));
                let log = top + scores.iter().map(|s| (s[l] - top).exp()).sum::<f64>().ln();
                assert!((logs[0][l] - log).abs() <= 1e-14 * (1.0 + log.abs()));
                for c in 0..k {
                    assert!((shares[c][l] - (scores[c][l] - log).exp()).abs() <= 1e-13 * (1.0 + log.abs()));
                }
            }
        });
    }
}
