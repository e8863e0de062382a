use super::{assert_close, layouts, numbers, same_on_any_threads, slow_product};
use crate::{Cholesky, Qr, Svd, SymmetricEigen, Triangle, matmul, solve_triangular};
use estimand_core::{Error, Float};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// A well-conditioned symmetric positive definite matrix.
fn definite<F: Float>(n: usize) -> Array2<F> {
    let x = numbers::<F>(n, n, 1);
    matmul(x.view(), x.t()) + Array2::<F>::eye(n) * F::of(n as f64 / 2.0)
}

/// The matrix, with what lies above its diagonal spoilt.
fn lower<F: Float>(a: &Array2<F>) -> Array2<F> {
    Array2::from_shape_fn(a.dim(), |(i, j)| if j > i { F::nan() } else { a[[i, j]] })
}

fn f64s<F: Float>(x: ArrayView2<'_, F>) -> Array2<f64> {
    x.mapv(Float::f64)
}

#[track_caller]
fn assert_orthonormal<F: Float>(q: ArrayView2<'_, F>) {
    let tolerance = 10.0 * F::epsilon().f64() * (q.nrows() as f64 + 3.0).sqrt();
    assert_close(slow_product(q.t(), q).view(), Array2::eye(q.ncols()).view(), tolerance);
}

fn cholesky_of<F: Float>(n: usize) {
    let (a, b) = (definite::<F>(n), numbers::<F>(n, 3, 2));
    let epsilon = F::epsilon().f64() * n as f64;
    layouts(&lower(&a), |_, spoilt| {
        let factor = Cholesky::new(spoilt).unwrap();
        let l =
            Array2::from_shape_fn((n, n), |(i, j)| if j > i { F::zero() } else { factor.factor()[[i, j]] });
        assert_close(matmul(l.view(), l.t()).view(), f64s(a.view()).view(), 4.0 * epsilon * n as f64);
        let x = factor.solve(b.view());
        assert_close(matmul(a.view(), x.view()).view(), f64s(b.view()).view(), 8.0 * epsilon);
        assert_eq!(factor.solve_vec(b.column(0)).to_vec().len(), n);
        assert_close(
            factor.solve_vec(b.column(0)).insert_axis(Axis(1)).view(),
            f64s(x.slice(s![.., ..1])).view(),
            8.0 * epsilon,
        );
        let inverse = factor.inverse();
        assert_eq!(inverse, inverse.t());
        assert_close(matmul(a.view(), inverse.view()).view(), Array2::eye(n).view(), 8.0 * epsilon);
    });
    if n > 0 {
        let factor = Cholesky::new(a.view()).unwrap();
        let values = SymmetricEigen::values(a.view()).unwrap();
        let log_det: f64 = values.iter().map(|v| v.f64().ln()).sum();
        assert!((factor.log_det().f64() - log_det).abs() <= 20.0 * epsilon);
        let norm =
            |a: &Array2<F>| f64s(a.view()).mapv(f64::abs).sum_axis(Axis(0)).fold(0.0_f64, |a, b| a.max(*b));
        let truth = 1.0 / (norm(&a) * norm(&factor.inverse()));
        let found = factor.rcond().f64();
        assert!(found >= truth * 0.999 && found <= 3.0 * truth, "{found:e} for {truth:e}");
    }
}

#[test]
fn cholesky_factors_solve_and_invert() {
    for n in [0, 1, 2, 5, 40] {
        cholesky_of::<f64>(n);
        cholesky_of::<f32>(n);
    }
    // Block by block.
    let (n, a) = (700, definite::<f64>(700));
    let factor = Cholesky::of(lower(&a)).unwrap();
    let b = numbers::<f64>(n, 2, 3);
    assert_close(a.dot(&factor.solve(b.view())).view(), b.view(), 1e-10);
}

#[test]
fn cholesky_refuses_what_is_not_definite() {
    for n in [1, 3, 600] {
        for pivot in [0, n / 2, n - 1] {
            let mut a = definite::<f64>(n);
            a[[pivot, pivot]] = -1.0;
            match Cholesky::new(a.view()) {
                Err(Error::Numerical { what }) => assert!(what.contains("not positive definite"), "{what}"),
                other => panic!("{other:?}"),
            }
            a[[pivot, pivot]] = f64::NAN;
            assert!(matches!(Cholesky::new(a.view()), Err(Error::Numerical { .. })));
        }
    }
    assert!(Cholesky::new(Array2::<f64>::zeros((2, 2)).view()).is_err());
    assert!(Cholesky::new(Array2::from_elem((2, 2), f64::INFINITY).view()).is_err());
}

#[test]
fn rcond_tells_hopeless_from_harmless() {
    // Hilbert's matrix of order 8 has condition number 3.4e10.
    let hilbert = Array2::from_shape_fn((8, 8), |(i, j)| 1.0 / (i + j + 1) as f64);
    let found = Cholesky::new(hilbert.view()).unwrap().rcond();
    assert!((2.5e-11..6e-11).contains(&found), "{found:e}");
    for scale in [1.0, 1e-200, 1e200] {
        let found = Cholesky::new((Array2::<f64>::eye(5) * scale).view()).unwrap().rcond();
        assert!((found - 1.0).abs() < 1e-15, "{found}");
    }
}

#[test]
fn cholesky_has_the_same_bits_on_any_threads() {
    let (a, b) = (definite::<f64>(800), numbers::<f64>(800, 200, 2));
    same_on_any_threads(|| Cholesky::new(a.view()).unwrap().solve(b.view()).iter().copied().collect());
}

#[test]
fn triangular_systems_are_solved_from_one_triangle() {
    for n in [0, 1, 7, 90] {
        let a = numbers::<f64>(n, n, 1) + Array2::<f64>::eye(n) * n as f64;
        let b = numbers::<f64>(n, 70, 2);
        for triangle in [Triangle::Lower, Triangle::Upper] {
            let kept = |i: usize, j: usize| if triangle == Triangle::Lower { j <= i } else { j >= i };
            let clean = Array2::from_shape_fn((n, n), |(i, j)| if kept(i, j) { a[[i, j]] } else { 0.0 });
            let spoilt =
                Array2::from_shape_fn((n, n), |(i, j)| if kept(i, j) { a[[i, j]] } else { f64::NAN });
            layouts(&spoilt, |_, t| {
                let mut x = b.clone();
                solve_triangular(t, triangle, x.view_mut());
                assert_close(clean.dot(&x).view(), b.view(), 1e-12);
            });
        }
    }
}

fn eigen_of<F: Float>(n: usize) {
    let x = numbers::<F>(n, n, 1);
    let a = &x + &x.t();
    for scale in
        [1.0, if F::NAME == "f64" { 1e200 } else { 1e25 }, if F::NAME == "f64" { 1e-200 } else { 1e-25 }]
    {
        let scaled = a.mapv(|v| v * F::of(scale));
        layouts(&lower(&scaled), |_, spoilt| {
            // The strict upper triangle is not read, but must be finite.
            let spoilt = spoilt.mapv(|v| if v.is_nan() { F::of(-7.0 * scale) } else { v });
            let SymmetricEigen { values, vectors } = SymmetricEigen::new(spoilt.view()).unwrap();
            assert_orthonormal(vectors.view());
            assert!(values.iter().zip(values.iter().skip(1)).all(|(a, b)| a <= b));
            let unscaled = values.mapv(|v| F::of(v.f64() / scale));
            let rebuilt = matmul((&vectors * &unscaled).view(), vectors.t());
            let tolerance = 10.0 * F::epsilon().f64() * (n as f64 + 1.0);
            assert_close(rebuilt.view(), f64s(a.view()).view(), tolerance);
            let alone = SymmetricEigen::values(spoilt.view()).unwrap();
            let alone = alone.mapv(|v| F::of(v.f64() / scale)).insert_axis(Axis(1));
            assert_close(alone.view(), f64s(unscaled.insert_axis(Axis(1)).view()).view(), tolerance);
        });
    }
}

#[test]
fn symmetric_matrices_are_rebuilt_from_eigenvectors() {
    for n in [0, 1, 2, 3, 20, 70] {
        eigen_of::<f64>(n);
        eigen_of::<f32>(n);
    }
}

#[test]
fn what_is_not_finite_is_not_decomposed() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut a = definite::<f64>(6);
        a[[4, 2]] = bad;
        assert!(matches!(SymmetricEigen::new(a.view()), Err(Error::Numerical { .. })));
        assert!(matches!(Svd::thin(a.view()), Err(Error::Numerical { .. })));
        assert!(matches!(Svd::values(a.view()), Err(Error::Numerical { .. })));
    }
}

fn svd_of<F: Float>(n: usize, p: usize, rank: usize) {
    let a = matmul(numbers::<F>(n, rank, 1).view(), numbers::<F>(rank, p, 2).view());
    let k = n.min(p);
    for scale in
        [1.0, if F::NAME == "f64" { 1e250 } else { 1e30 }, if F::NAME == "f64" { 1e-250 } else { 1e-30 }]
    {
        layouts(&a.mapv(|v| F::of(v.f64() * scale)), |_, scaled| {
            let Svd { u, s, vt } = Svd::thin(scaled).unwrap();
            assert_eq!((u.dim(), s.len(), vt.dim()), ((n, k), k, (k, p)));
            assert_orthonormal(u.view());
            assert_orthonormal(vt.t());
            assert!(s.iter().zip(s.iter().skip(1)).all(|(a, b)| a >= b) && s.iter().all(|v| *v >= F::zero()));
            let unscaled = s.mapv(|v| F::of(v.f64() / scale));
            let tolerance = 10.0 * F::epsilon().f64() * (n.max(p) as f64 + 1.0);
            assert_close(matmul((&u * &unscaled).view(), vt.view()).view(), f64s(a.view()).view(), tolerance);
            assert!(unscaled.iter().skip(rank).all(|v| v.f64() <= tolerance));
            let alone = Svd::values(scaled).unwrap().mapv(|v| F::of(v.f64() / scale)).insert_axis(Axis(1));
            assert_close(alone.view(), f64s(unscaled.insert_axis(Axis(1)).view()).view(), tolerance);
        });
    }
}

#[test]
fn matrices_are_rebuilt_from_singular_vectors() {
    for (n, p, rank) in [
        (0, 0, 1),
        (0, 3, 1),
        (3, 0, 1),
        (1, 1, 1),
        (5, 3, 3),
        (3, 5, 3),
        (40, 40, 40),
        (30, 20, 7),
        (8, 8, 1),
    ] {
        svd_of::<f64>(n, p, rank);
        svd_of::<f32>(n, p, rank);
    }
    // Tall enough to go through the triangle of its parts.
    svd_of::<f64>(9_000, 8, 8);
    svd_of::<f64>(7_001, 12, 5);
    svd_of::<f64>(12, 7_001, 5);
    assert_eq!(Svd::thin(Array2::<f64>::zeros((4, 3)).view()).unwrap().s, Array1::<f64>::zeros(3));
}

#[test]
fn tall_decompositions_have_the_same_bits_on_any_threads() {
    let x = numbers::<f64>(40_000, 10, 1);
    same_on_any_threads(|| {
        let Svd { u, s, vt } = Svd::thin(x.view()).unwrap();
        u.iter().chain(&s).chain(&vt).copied().collect()
    });
}

fn qr_of<F: Float>(n: usize, p: usize) {
    let (x, b) = (numbers::<F>(n, p, 1), numbers::<F>(n, 2, 2));
    let tolerance = 10.0 * F::epsilon().f64() * (n.max(p) as f64 + 1.0);
    layouts(&x, |_, x| {
        let qr = Qr::new(x);
        let (q, r) = (qr.q(), qr.r());
        assert_eq!((q.dim(), r.dim()), ((n, n.min(p)), (n.min(p), p)));
        assert_orthonormal(q.view());
        assert!(r.indexed_iter().all(|((i, j), v)| i <= j || *v == F::zero()));
        assert_close(matmul(q.view(), r.view()).view(), f64s(x).view(), tolerance);
        let mut qtb = b.clone();
        qr.apply_qt(&mut qtb);
        let k = n.min(p);
        assert_close(qtb.slice(s![..k, ..]), slow_product(q.t(), b.view()).view(), tolerance);
        if n >= p && p > 0 {
            let residual = &b - &matmul(x, qr.solve(b.view()).view());
            assert_close(
                matmul(x.t(), residual.view()).view(),
                Array2::zeros((p, 2)).view(),
                100.0 * tolerance,
            );
        }
    });
}

#[test]
fn matrices_are_products_of_their_orthogonal_and_triangular_factors() {
    for (n, p) in [(0, 0), (3, 0), (1, 1), (2, 5), (5, 2), (30, 30), (200, 40), (40, 200)] {
        qr_of::<f64>(n, p);
        qr_of::<f32>(n, p);
    }
}
