//! Kernels of kernel machines, in every copy that this processor can run.

use super::*;
use proptest::prelude::*;

/// Every copy for `f64`.
fn tables() -> impl Iterator<Item = &'static Table<f64>> {
    candidates().map(|(_, double)| double)
}

fn panel_of(rows: &[Vec<f64>], width: usize) -> Vec<f64> {
    let mut panels = vec![0.0; rows.len().div_ceil(8) * width * 8];
    for (i, row) in rows.iter().enumerate() {
        (0..width).for_each(|j| panels[(i / 8 * width + j) * 8 + i % 8] = row[j]);
    }
    panels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn products_of_rows_are_sums(n in 1..40_usize, m in 1..=8_usize, width in 1..20_usize, x in prop::collection::vec(-3.0..3.0_f64, 960)) {
        let cut = |from: usize, n: usize| -> Vec<Vec<f64>> {
            (0..n).map(|i| (0..width).map(|j| x[(from + i * width + j) % x.len()]).collect()).collect()
        };
        let (rows, asked) = (cut(0, n), cut(7, m));
        let (panels, panel) = (panel_of(&rows, width), panel_of(&asked, width));
        let stride = n.next_multiple_of(8) + 8;
        let indptr: Vec<usize> = (0..=n).map(|i| i * width).collect();
        let indices: Vec<u32> = (0..n).flat_map(|_| 0..width as u32).collect();
        let flat: Vec<f64> = rows.concat();
        for table in tables() {
            let (mut all, mut sparse) = (vec![7.0; 8 * stride], vec![7.0; 8 * stride]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.row_products)(&panel, &panels, m, stride, &mut all);
                (table.sparse_row_products)(&indptr, &indices, &flat, &panel, m, stride, &mut sparse);
            }
            for (k, a) in asked.iter().enumerate() {
                let mut one = vec![0.0; panels.len() / width];
                let shift: Vec<f64> = vec![1.0; width];
                let moved: Vec<f64> = a.iter().map(|v| v + 1.0).collect();
                // SAFETY: as above.
                let square = unsafe {
                    (table.one_row_products)(a, &vec![0.0; width], &panels, &mut one);
                    (table.shifted_square)(&moved, &shift)
                };
                assert!((square - a.iter().map(|v| v * v).sum::<f64>()).abs() < 1e-12 * width as f64);
                for (i, b) in rows.iter().enumerate() {
                    let slow: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                    // Sums of up to twenty products of at most 9.
                    assert!((all[k * stride + i] - slow).abs() < 1e-13);
                    assert_eq!((all[k * stride + i], one[i]), (sparse[k * stride + i], all[k * stride + i]));
                }
            }
            assert!(all.iter().skip(m * stride).all(|v| *v == 7.0));
        }
    }

    #[test]
    fn gaussian_kernels_are_their_definition(x in prop::collection::vec(-3.0..3.0_f64, 0..70), own in 0.0..9.0_f64, gamma in 0.01..3.0_f64) {
        let squares: Vec<f64> = x.iter().map(|v| v * v).collect();
        for table in tables() {
            let mut found = x.clone();
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe { (table.rbf)(&mut found, &squares, own, gamma) };
            for (found, (x, square)) in found.iter().zip(x.iter().zip(&squares)) {
                let truth = (-gamma * f64::max(own + square - 2.0 * x, 0.0)).exp();
                // The exponent is at most 72, rounded to 1e-16 of it.
                assert!((found - truth).abs() <= 1e-13 * truth);
            }
        }
    }

    #[test]
    fn steps_of_two_variables_are_their_definition(n in 1..70_usize, v in prop::collection::vec(-2.0..2.0_f64, 350), step in -1.0..1.0_f64) {
        let part = |k: usize| v[k * 70..k * 70 + n].to_vec();
        let (rise, fall, row) = (part(0), part(1), part(4));
        // Some cannot rise, others cannot fall; ties are common.
        let up: Vec<f64> = part(2).iter().map(|v| if *v > 1.0 { f64::INFINITY } else { (v * 2.0).round() }).collect();
        let low: Vec<f64> = part(3).iter().map(|v| if *v > 1.0 { f64::NEG_INFINITY } else { (v * 2.0).round() }).collect();
        let diagonal: Vec<f64> = row.iter().map(|v| v.abs() + 1.0).collect();
        for table in tables() {
            let (mut ups, mut lows) = (up.clone(), low.clone());
            // SAFETY: `candidates` yields copies that this processor can run.
            let (least, place) = unsafe { (table.smo_move)(step, &rise, &fall, &mut ups, &mut lows) };
            for i in 0..n {
                let change = step * (rise[i] - fall[i]);
                assert!(ups[i] == up[i] + change || (ups[i] - up[i] - change).abs() < 1e-15);
                assert!(lows[i] == low[i] + change || (lows[i] - low[i] - change).abs() < 1e-15);
            }
            let slow = ups.iter().enumerate().fold((f64::INFINITY, usize::MAX), |b, (i, v)| if *v < b.0 { (*v, i) } else { b });
            assert_eq!(least, slow.0);
            assert!(least == f64::INFINITY || place == slow.1);

            // SAFETY: as above.
            let (gain, j, top) = unsafe { (table.smo_partner)(-1.0, 1.5, &row, &diagonal, &low, 1e-3) };
            let gains: Vec<f64> = (0..n)
                .map(|i| (low[i] + 1.0).max(0.0).powi(2) / f64::max(1.5 + diagonal[i] - 2.0 * row[i], 1e-3))
                .collect();
            let best = gains.iter().fold(0.0_f64, |b, v| b.max(*v));
            assert!((gain - best).abs() <= 1e-12 * best);
            assert!(gain == 0.0 || (gains[j] - best).abs() <= 1e-12 * best);
            assert_eq!(top, low.iter().fold(f64::NEG_INFINITY, |t, v| t.max(*v)));
        }
    }
}
