use super::{numbers, same_on_any_threads};
use crate::definite::refined;
use crate::{Cholesky, matmul, solve_definite};
use estimand_core::Error;
use ndarray::{Array2, ArrayView2, s};

/// Half of its eigenvalues are `least`, the others up to 3.
fn half_singular(n: usize, least: f64) -> Array2<f64> {
    let x = numbers::<f64>(n, n / 2, 1);
    matmul(x.view(), x.t()) * (1.0 / n as f64) + Array2::<f64>::eye(n) * least
}

/// ‖B − AX‖ / ε ‖A‖ ‖X‖
fn backward(a: &Array2<f64>, x: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let norm = |a: ArrayView2<'_, f64>| a.iter().map(|v| v * v).sum::<f64>().sqrt();
    let residual = b - &matmul(a.view(), x.view());
    norm(residual.view()) / (f64::EPSILON * norm(a.view()) * norm(x.view()))
}

#[test]
fn residuals_are_those_of_a_factor_in_double_precision() {
    let b = numbers::<f64>(700, 1, 2);
    for (least, budget) in [(10.0, 4), (1e-2, 5), (1e-4, 6), (1e-6, 12)] {
        let a = half_singular(700, least);
        let x = refined(a.view(), b.view(), budget).unwrap();
        // Of (2), and as much for the rounding of the diagonal that the steps scale by.
        assert!(backward(&a, &x, &b) < 0.2, "{least}: {}", backward(&a, &x, &b));
        let columns = refined(a.t(), b.view(), budget).unwrap();
        assert!(backward(&a, &columns, &b) < 0.2);
    }
}

#[test]
fn what_single_precision_cannot_do_is_done_in_double_precision() {
    // Where the order of the rows decides when a pivot is lost, either may happen; below 1e-9 there is no factor.
    let a = half_singular(300, 1e-10);
    let b = numbers::<f64>(300, 1, 2);
    assert!(refined(a.view(), b.view(), 100).is_none());
    assert!(refined(half_singular(300, 1.0).view(), b.view(), 1).is_none());
    assert_eq!(
        solve_definite(a.clone(), b.view()).unwrap(),
        Cholesky::new(a.view()).unwrap().solve(b.view())
    );
    let mut indefinite = half_singular(2600, 1.0);
    indefinite[[2000, 2000]] = 1e-3;
    let failed = solve_definite(indefinite, numbers::<f64>(2600, 1, 2).view());
    assert!(matches!(failed, Err(Error::Numerical { .. })));
    for spoilt in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        let mut a = half_singular(50, 1.0);
        a[[7, 7]] = spoilt;
        assert!(refined(a.view(), b.slice(s![..50, ..]), 100).is_none());
    }
    let mut b = b;
    b[[3, 0]] = f64::NAN;
    assert!(refined(half_singular(300, 1.0).view(), b.view(), 100).is_none());
}

#[test]
fn scales_do_not_matter() {
    let (a, b) = (half_singular(100, 0.1), numbers::<f64>(100, 1, 2));
    let x = refined(a.view(), b.view(), 5).unwrap();
    for (of_rows, of_b) in [(1e30, 1.0), (1e-30, 1e30), (1e-140, 1e-150), (1e150, 1e100)] {
        // Powers of two: the same bits.
        let scale =
            |i: usize| if i.is_multiple_of(3) { f64::powi(2.0, f64::log2(of_rows) as i32) } else { 1.0 };
        let of_b = f64::powi(2.0, f64::log2(of_b) as i32);
        let scaled = Array2::from_shape_fn(a.dim(), |(i, j)| a[[i, j]] * scale(i) * scale(j));
        let targets = Array2::from_shape_fn(b.dim(), |(i, t)| b[[i, t]] * scale(i) * of_b);
        let found = refined(scaled.view(), targets.view(), 5).unwrap();
        let truth = Array2::from_shape_fn(b.dim(), |(i, t)| x[[i, t]] / scale(i) * of_b);
        assert_eq!(found, truth);
    }
}

#[test]
fn columns_are_solved_one_by_one() {
    let (a, mut b) = (half_singular(100, 0.1), numbers::<f64>(100, 3, 2));
    b.column_mut(1).fill(0.0);
    let x = refined(a.view(), b.view(), 15).unwrap();
    for t in 0..3 {
        let one = refined(a.view(), b.slice(s![.., t..=t]), 5).unwrap();
        assert_eq!(one.column(0), x.column(t));
    }
    assert!(x.column(1).iter().all(|x| *x == 0.0));
    assert!(refined(a.view(), b.view(), 6).is_none());
}

#[test]
fn large_systems_take_the_quick_way_and_others_the_straight_one() {
    let (a, b) = (half_singular(2600, 0.1), numbers::<f64>(2600, 2, 2));
    let one = b.slice(s![.., ..1]);
    let x = solve_definite(a.clone(), one).unwrap();
    assert_eq!(x, refined(a.view(), one, 10).unwrap());
    assert!(backward(&a, &x, &one.to_owned()) < 0.2);
    let factor = Cholesky::new(a.view()).unwrap();
    assert_ne!(x, factor.solve(one));
    assert_eq!(solve_definite(a.clone(), b.view()).unwrap(), factor.solve(b.view()));
    let (a, one) = (a.mapv(|v| v as f32), one.mapv(|v| v as f32));
    let factor = Cholesky::new(a.view()).unwrap();
    assert_eq!(solve_definite(a.clone(), one.view()).unwrap(), factor.solve(one.view()));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (a, b) = (half_singular(700, 1e-3), numbers::<f64>(700, 1, 2));
    same_on_any_threads(|| refined(a.view(), b.view(), 10).unwrap().into_raw_vec_and_offset().0);
}

#[test]
fn nothing_is_solved_by_nothing() {
    let none = Array2::<f64>::zeros((0, 0));
    assert_eq!(solve_definite(none.clone(), none.view()).unwrap().dim(), (0, 0));
    assert_eq!(solve_definite(Array2::<f64>::eye(3), Array2::zeros((3, 0)).view()).unwrap().dim(), (3, 0));
}
