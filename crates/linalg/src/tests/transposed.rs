//! XᵀV against sums written out.

use crate::products_t;
use estimand_core::{Csr, MatrixView};
use ndarray::{Array2, s};

fn matrix(n: usize, p: usize, seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, p), |(i, j)| ((7 * i * (j + 1) + 3 * j + seed) % 23) as f64 / 7.0 - 1.5)
}

/// A bound on what two orders of summing n terms below 4 can differ by.
fn rounding(n: usize) -> f64 {
    4.0 * f64::EPSILON * (n * n) as f64
}

#[test]
fn every_layout_and_storage_gives_the_sums() {
    for (n, p) in [(1, 1), (5, 3), (700, 9), (40, 1200), (3000, 70)] {
        for k in [0, 1, 2, 3] {
            let (x, v) = (matrix(n, p, 1), matrix(n, k, 2));
            let expected =
                Array2::from_shape_fn((p, k), |(j, l)| (0..n).map(|i| x[[i, j]] * v[[i, l]]).sum::<f64>());
            let columns = x.t().as_standard_layout().into_owned();
            let mut gaps = Array2::from_elem((2 * n, 2 * p), f64::NAN);
            gaps.slice_mut(s![..;2, ..;-2]).assign(&x);
            let sparse = Csr::from_dense(x.view());
            let forms = [
                MatrixView::Dense(x.view()),
                MatrixView::Dense(columns.t()),
                MatrixView::Dense(gaps.slice(s![..;2, ..;-2])),
                MatrixView::Sparse(sparse.view()),
            ];
            for x in forms {
                let found = products_t(x, v.view());
                assert_eq!(found.dim(), (p, k));
                // n additions, each rounded relative to a sum of n terms below 4.
                let worst = (&found - &expected).iter().fold(0.0_f64, |m, d| m.max(d.abs()));
                assert!(worst < rounding(n), "{n} × {p}, {k}: {worst:e}");
            }
        }
    }
}

#[test]
fn single_precision_keeps_the_digits_of_v() {
    let (n, p) = (500, 6);
    let (x, v) = (matrix(n, p, 3).mapv(|v| v as f32), matrix(n, 2, 4) / 3.0);
    let expected = x.mapv(f64::from).t().dot(&v);
    let found = products_t(MatrixView::Dense(x.view()), v.view());
    // Rounding V to f32 would leave 1e-6.
    assert!((&found - &expected).iter().all(|d| d.abs() < 1e-11));
}

#[test]
fn parts_of_the_rows_may_have_any_length() {
    // With 20 columns a part of the rows is 33 333 long: not a multiple of what the kernel takes at once.
    let (x, v) = (matrix(70_001, 20, 5), matrix(70_001, 1, 6));
    let expected = x.t().dot(&v.column(0));
    let one = crate::matvec_t(x.view(), v.column(0));
    let many = products_t(MatrixView::Dense(x.view()), v.view());
    assert!((&one - &expected).iter().all(|d| d.abs() < rounding(70_001)), "{}", &one - &expected);
    assert!((&many.column(0) - &expected).iter().all(|d| d.abs() < rounding(70_001)));
}
