use super::moments::two_passes;
use super::{assert_close, numbers, same_on_any_threads, slow_product, weights};
use crate::{Moments, sparse};
use estimand_core::{Csr, Float};
use ndarray::{Array1, Array2, Axis};

/// About `density` of the values of a matrix.
fn sparse_numbers<F: Float>(n: usize, p: usize, density: f64, seed: u64) -> Array2<F> {
    let (values, places) = (numbers::<F>(n, p, seed), numbers::<f64>(n, p, seed + 100));
    Array2::from_shape_fn((n, p), |at| if places[at] < 2.0 * density - 1.0 { values[at] } else { F::zero() })
}

fn products_of<F: Float>(n: usize, p: usize, k: usize) {
    let dense = sparse_numbers::<F>(n, p, 0.3, 1);
    let all = Csr::from_dense(dense.view());
    // A range of rows, too: its pointers do not start at 0.
    let from = n / 3;
    for (x, dense) in
        [(all.view(), dense.view()), (all.view().rows(from..n), dense.slice(ndarray::s![from.., ..]))]
    {
        let (n, tolerance) = (x.nrows(), 2.0 * F::epsilon().f64() * (n.max(p) as f64 + 1.0));
        let (v, u) = (numbers::<F>(p, 1, 2), numbers::<F>(n, 1, 3));
        assert_close(
            sparse::matvec(x, v.column(0)).insert_axis(Axis(1)).view(),
            slow_product(dense, v.view()).view(),
            tolerance,
        );
        assert_close(
            sparse::matvec_t(x, u.column(0)).insert_axis(Axis(1)).view(),
            slow_product(dense.t(), u.view()).view(),
            tolerance,
        );
        let h = weights::<f64>(n, 6);
        for ones in [0, 1] {
            let wide = ndarray::concatenate![Axis(1), dense.mapv(Float::f64), Array2::<f64>::ones((n, ones))];
            let w = numbers::<f64>(p + ones, 1, 7);
            let truth = wide.t().dot(&(wide.dot(&w) * h.view().insert_axis(Axis(1))));
            let found = sparse::weighted_gram_vec(x, h.as_slice().unwrap(), w.as_slice().unwrap());
            let tolerance = 8.0 * f64::EPSILON * (n.max(p) as f64 + 1.0).powi(2);
            assert_close(
                Array2::from_shape_vec((p + ones, 1), found).unwrap().view(),
                truth.view(),
                tolerance,
            );
        }
        let (b, c) = (numbers::<F>(p, k, 4), numbers::<F>(n, k, 5));
        super::layouts(&b, |_, b| {
            assert_close(sparse::matmul(x, b).view(), slow_product(dense, b).view(), tolerance)
        });
        super::layouts(&c, |_, c| {
            assert_close(sparse::matmul_t(x, c).view(), slow_product(dense.t(), c).view(), tolerance)
        });
    }
}

#[test]
fn sparse_products_are_dense_ones() {
    for (n, p) in [(0, 3), (1, 1), (3, 0), (20, 7), (300, 40), (5, 400)] {
        for k in [0, 1, 5, 16] {
            products_of::<f64>(n, p, k);
            products_of::<f32>(n, p, k);
        }
    }
    products_of::<f64>(20_000, 5, 3);
}

#[test]
fn sparse_products_have_the_same_bits_on_any_threads() {
    let x = Csr::from_dense(sparse_numbers::<f64>(40_000, 30, 0.3, 1).view());
    let (v, u) = (Array1::linspace(-1.0, 1.0, 30), Array1::linspace(0.0, 1.0, 40_000));
    let (b, c) = (numbers::<f64>(30, 4, 2), numbers::<f64>(40_000, 4, 3));
    same_on_any_threads(|| sparse::matvec(x.view(), v.view()).to_vec());
    same_on_any_threads(|| sparse::matvec_t(x.view(), u.view()).to_vec());
    let (h, w) = (u.to_vec(), v.to_vec());
    same_on_any_threads(|| sparse::weighted_gram_vec(x.view(), &h, &w));
    same_on_any_threads(|| sparse::matmul(x.view(), b.view()).into_raw_vec_and_offset().0);
    same_on_any_threads(|| sparse::matmul_t(x.view(), c.view()).into_raw_vec_and_offset().0);
    let moments = || Moments::of_sparse(x.view(), c.view(), None);
    same_on_any_threads(|| moments().gram.into_raw_vec_and_offset().0);
}

fn moments_of<F: Float>(n: usize, p: usize, t: usize, density: f64) {
    let (dense, y, w) = (sparse_numbers::<F>(n, p, density, 1), numbers::<F>(n, t, 2), weights::<F>(n, 3));
    let x = Csr::from_dense(dense.view());
    for w in [None, Some(w.view())] {
        let [gram, cross, squares] = two_passes(dense.view(), y.view(), w);
        let found = Moments::of_sparse(x.view(), y.view(), w);
        let truth = Moments::new(dense.view(), y.view(), w);
        let tolerance = 1e-14 * (n as f64 + 4.0);
        assert_close(found.gram.view(), gram.view(), tolerance);
        assert_close(found.cross.view(), cross.view(), tolerance);
        assert_close(
            found.target_squares.view().insert_axis(Axis(1)),
            squares.diag().insert_axis(Axis(1)),
            tolerance,
        );
        assert_close(found.mean.insert_axis(Axis(1)).view(), truth.mean.insert_axis(Axis(1)).view(), 1e-14);
        assert_close(
            found.target_mean.insert_axis(Axis(1)).view(),
            truth.target_mean.insert_axis(Axis(1)).view(),
            1e-14,
        );
    }
}

#[test]
fn sparse_moments_are_dense_ones() {
    // Few stored values, which meet pair by pair, and many, which are packed.
    for density in [0.01, 0.5] {
        for (n, p, t) in [(1, 4, 1), (200, 40, 0), (200, 40, 2), (300, 270, 1), (3_000, 12, 1)] {
            moments_of::<f64>(n, p, t, density);
            moments_of::<f32>(n, p, t, density);
        }
    }
    let none = Moments::of_sparse(
        Csr::<f64>::from_dense(Array2::zeros((0, 3)).view()).view(),
        Array2::zeros((0, 1)).view(),
        None,
    );
    assert_eq!((none.weight, none.gram.sum()), (0.0, 0.0));
}

#[test]
fn full_sparse_columns_far_from_zero_keep_their_digits() {
    let dense = numbers::<f64>(500, 6, 1) + 1e6;
    let x = Csr::from_dense(dense.view());
    let (found, truth) =
        (Moments::of_sparse(x.view(), dense.view(), None), Moments::new(dense.view(), dense.view(), None));
    assert_close(found.gram.view(), truth.gram.view(), 1e-9);
    assert_close(found.cross.view(), truth.cross.view(), 1e-9);
}

#[test]
fn stored_values_that_are_not_finite_are_noticed() {
    for density in [0.01, 0.5] {
        let mut dense = sparse_numbers::<f64>(200, 40, density, 1);
        dense[[150, 20]] = f64::NAN;
        let x = Csr::from_dense(dense.view());
        assert!(!Moments::of_sparse(x.view(), numbers(200, 1, 1).view(), None).is_reliable());
    }
}
