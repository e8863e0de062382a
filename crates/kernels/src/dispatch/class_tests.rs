//! The kernels of `classes` against readable twins.

use super::tests::{cast, for_each_copy, same_sum, values};
use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn sums_by_class_are_their_definition(
        n in 0..20_usize, p in 1..20_usize, x in values(400), v in values(160), weighted in any::<bool>(),
    ) {
        const K: usize = 3;
        for_each_copy!(|table: Table<T>| {
            let (x, w) = (cast::<T>(&x[..n * p]), cast::<T>(&v[100..100 + n]));
            let rows: Vec<&[T]> = x.chunks_exact(p).collect();
            let codes: Vec<u32> = (0..n as u32).map(|i| i * i % K as u32).collect();
            let shift = &v[..K * p];
            let (mut first, mut second) = (vec![1.0; K * p], vec![2.0; K * p]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe { (table.class_sums)(&rows, &codes, weighted.then_some(&w), shift, &mut first, &mut second) };
            for (c, j) in (0..K).flat_map(|c| (0..p).map(move |j| (c, j))) {
                let (mut a, mut b, mut size) = (1.0, 2.0, 2.0);
                for i in (0..n).filter(|i| codes[*i] as usize == c) {
                    let (d, w) = (x[i * p + j].f64() - shift[c * p + j], if weighted { w[i].f64() } else { 1.0 });
                    (a, b, size) = (a + w * d, b + w * d * d, size + (w * d).abs() * (1.0 + d.abs()));
                }
                assert!(same_sum(first[c * p + j], a, size, n));
                assert!(same_sum(second[c * p + j], b, size, n));
            }
        });
    }

    #[test]
    fn scores_of_eight_classes_are_their_definition(
        n in 0..20_usize, p in 0..12_usize, x in values(240), v in values(220),
    ) {
        for_each_copy!(|table: Table<T>| {
            let x = cast::<T>(&x[..n * p]);
            let rows: Vec<&[T]> = (0..n).map(|i| &x[i * p..(i + 1) * p]).collect();
            let (shift, a, b) = (&v[..p], v[12..].as_chunks::<8>().0, v[116..].as_chunks::<8>().0);
            let [mut linear, mut gaussian, mut apart, mut alone] = [const { [1.0; 8] }; 4].map(|one| vec![one; n]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.linear_eight)(&rows, shift, &a[..p], &mut linear);
                (table.gaussian_eight)(&rows, &a[..p], &b[..p], &mut gaussian);
                (table.distance_eight)(&rows, &a[..p], &mut apart);
                for (row, out) in rows.iter().zip(alone.chunks_mut(1)) {
                    (table.linear_eight)(&[*row], shift, &a[..p], out);
                }
            }
            assert_eq!(&linear, &alone);
            for (i, l) in (0..n).flat_map(|i| (0..8).map(move |l| (i, l))) {
                let (mut z, mut q, mut d, mut size) = (1.0, 1.0, 1.0, 1.0);
                for j in 0..p {
                    let term = (rows[i][j].f64() - shift[j]) * a[j][l];
                    let difference = rows[i][j].f64() - a[j][l];
                    let scaled = difference * b[j][l];
                    (z, q, size) = (z + term, q + scaled * scaled, size + term.abs() + scaled * scaled);
                    d += difference * difference;
                }
                assert!(same_sum(linear[i][l], z, size, p));
                assert!(same_sum(gaussian[i][l], q, size, p));
                assert!(same_sum(apart[i][l], d, d, p));
            }
        });
    }
}

proptest! {
    #[test]
    fn nearest_centres_are_those_of_a_search(
        n in 1..9_usize, p in 0..12_usize, k in 0..21_usize, x in values(108), c in values(252),
    ) {
        for_each_copy!(|table: Table<T>| {
            let x = cast::<T>(&x);
            let rows: Vec<&[T]> = (0..n).map(|i| &x[i * p..(i + 1) * p]).collect();
            let (shift, centres) = (&x[96..96 + p].iter().map(|v| v.f64()).collect::<Vec<_>>(), &c[..k * p]);
            let start: Vec<f64> = (0..k).map(|c| c as f64 * 0.25).collect();
            let (mut panel, mut found) = (vec![[7.0; 8]; p], Nearest::NONE);
            let mut own = vec![0.0; n];
            let which: Vec<u32> = (0..n).map(|i| (i % k.max(1)) as u32).collect();
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.pack_eight)(&rows, shift, &mut panel);
                for first in (0..k).step_by(13) {
                    let part = first..k.min(first + 13);
                    (table.nearest_eight)(&panel, &centres[part.start * p..part.end * p], &start[part.clone()], first, &mut found);
                }
                if k > 0 {
                    (table.centre_distances)(&rows, &which, shift, centres, &mut own);
                }
            }
            for (l, row) in rows.iter().enumerate() {
                let centred = |j: usize| row[j].f64() - shift[j];
                assert!((0..p).all(|j| panel[j][l] == centred(j)));
                let s: Vec<f64> = (0..k).map(|c| start[c] - (0..p).map(|j| centred(j) * centres[c * p + j]).sum::<f64>()).collect();
                let size = s.iter().fold(1.0_f64, |m, s| m.max(s.abs())) + (0..p).map(|j| centred(j).abs() * 100.0).sum::<f64>();
                let mut sorted = s.clone();
                sorted.sort_by(f64::total_cmp);
                for (found, place) in [(found.first[l], 0), (found.second[l], 1)] {
                    assert!(sorted.get(place).map_or(found == f64::INFINITY, |s| same_sum(found, *s, size, p)));
                }
                if k > 0 {
                    assert!(same_sum(s[found.which[l] as usize], sorted[0], size, p));
                    let d: f64 = (0..p).map(|j| (centred(j) - centres[which[l] as usize * p + j]).powi(2)).sum();
                    assert!(same_sum(own[l], d, d, p));
                }
            }
        });
    }
}
