use super::{assert_close, layouts, numbers, same_on_any_threads, weights};
use crate::qr::{Compressed, LeastSquares, compress};
use crate::{Svd, lstsq, matmul};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate, s};

fn solve(x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>) -> LeastSquares<f64> {
    lstsq(x, y, None, None, None).unwrap()
}

/// x and y as `lstsq` sees them: centred, and multiplied by the roots of the weights.
fn prepared(x: &Array2<f64>, mean: &Array1<f64>, w: Option<ArrayView1<'_, f64>>) -> Array2<f64> {
    let centred = x - mean;
    w.map_or(centred.clone(), |w| centred * &w.mapv(f64::sqrt).insert_axis(Axis(1)))
}

#[test]
fn compressed_problems_have_the_same_products() {
    for (n, p, t) in [(0, 2, 1), (1, 3, 2), (5, 5, 1), (100, 7, 2), (9_000, 10, 1), (2_500, 40, 3)] {
        let (x, y, w) = (numbers::<f64>(n, p, 1), numbers::<f64>(n, t, 2), weights::<f64>(n, 3));
        let (mx, my) = (Array1::from_elem(p, 0.3), Array1::from_elem(t, -0.2));
        for w in [None, Some(w.view())] {
            let (cx, cy) = (prepared(&x, &mx, w), prepared(&y, &my, w));
            layouts(&x, |_, x| {
                let Compressed { r, z } = compress(x, y.view(), w, Some((mx.view(), my.view())));
                assert_eq!((r.dim(), z.dim()), ((n.min(p), p), (n.min(p), t)));
                assert_close(r.t().dot(&r).view(), cx.t().dot(&cx).view(), 1e-14 * n as f64);
                assert_close(r.t().dot(&z).view(), cx.t().dot(&cy).view(), 1e-14 * n as f64);
            });
        }
    }
}

#[test]
fn residuals_are_orthogonal_to_the_columns() {
    for (n, p) in [(1, 1), (10, 3), (50, 50), (5_000, 20)] {
        let (x, y, w) = (numbers::<f64>(n, p, 1), numbers::<f64>(n, 2, 2), weights::<f64>(n, 3) + 0.1);
        let (mx, my) = (Array1::from_elem(p, 0.3), Array1::from_elem(2, -0.2));
        let found = lstsq(x.view(), y.view(), Some(w.view()), Some((mx.view(), my.view())), None).unwrap();
        let (cx, cy) = (prepared(&x, &mx, Some(w.view())), prepared(&y, &my, Some(w.view())));
        assert_eq!(found.rank, p);
        assert_close(cx.t().dot(&(&cy - cx.dot(&found.coef))).view(), Array2::zeros((p, 2)).view(), 1e-11);
        let truth = Svd::values(cx.view()).unwrap().insert_axis(Axis(1));
        assert_close(found.singular_values.insert_axis(Axis(1)).view(), truth.view(), 1e-11);
    }
}

#[test]
fn of_all_solutions_the_shortest_is_found() {
    let (x, y) = (numbers::<f64>(60, 4, 1), numbers::<f64>(60, 1, 2));
    // The last two columns repeat others: half of the coefficient goes to each.
    let doubled = concatenate![Axis(1), x, x.slice(s![.., ..2])];
    let (plain, found) = (solve(x.view(), y.view()), solve(doubled.view(), y.view()));
    assert_eq!((plain.rank, found.rank), (4, 4));
    let half = |j: usize| plain.coef[[j, 0]] / 2.0;
    let truth = Array2::from_shape_vec(
        (6, 1),
        vec![half(0), half(1), plain.coef[[2, 0]], plain.coef[[3, 0]], half(0), half(1)],
    )
    .unwrap();
    assert_close(found.coef.view(), truth.view(), 1e-13);
    // Fewer rows than columns: an exact fit, orthogonal to all that X does not see.
    let (x, y) = (numbers::<f64>(5, 30, 1), numbers::<f64>(5, 1, 2));
    let found = solve(x.view(), y.view());
    assert_eq!(found.rank, 5);
    assert_close(x.dot(&found.coef).view(), y.view(), 1e-12);
    let Svd { vt, .. } = Svd::thin(x.view()).unwrap();
    assert_close(vt.t().dot(&vt.dot(&found.coef)).view(), found.coef.view(), 1e-12);
}

#[test]
fn the_cut_off_decides_what_counts_as_zero() {
    let mut x = numbers::<f64>(50, 3, 1);
    let almost = &x.column(0) + &(numbers::<f64>(50, 1, 9).column(0).mapv(|v| v * 1e-9));
    x.column_mut(2).assign(&almost);
    let y = numbers::<f64>(50, 1, 2);
    assert_eq!(solve(x.view(), y.view()).rank, 3);
    assert_eq!(lstsq(x.view(), y.view(), None, None, Some(1e-6)).unwrap().rank, 2);
    let zero = solve(Array2::zeros((4, 2)).view(), numbers(4, 1, 1).view());
    assert_eq!((zero.rank, zero.coef), (0, Array2::zeros((2, 1))));
}

#[test]
fn magnitudes_do_not_matter() {
    let (x, y) = (numbers::<f64>(200, 3, 1), numbers::<f64>(200, 1, 2));
    let truth = solve(x.view(), y.view()).coef;
    for (of_x, of_y) in
        [(1e200, 1.0), (1e-200, 1.0), (1.0, 1e200), (1.0, 1e-200), (1e200, 1e200), (1e-150, 1e-250)]
    {
        let found = solve((&x * of_x).view(), (&y * of_y).view());
        assert_eq!(found.rank, 3, "{of_x:e}");
        assert_close((found.coef / of_y * of_x).view(), truth.view(), 1e-13);
    }
}

#[test]
fn single_precision_is_solved_in_single_precision() {
    let (x, y) = (numbers::<f32>(300, 5, 1), numbers::<f32>(300, 1, 2));
    let truth = solve(x.mapv(f64::from).view(), y.mapv(f64::from).view());
    let found = lstsq(x.view(), y.view(), None, None, None).unwrap();
    assert_close(found.coef.view(), truth.coef.view(), 1e-6);
    assert_eq!(found.rank, 5);
}

#[test]
fn least_squares_have_the_same_bits_on_any_threads() {
    let (x, y) = (numbers::<f64>(30_000, 15, 1), numbers::<f64>(30_000, 1, 2));
    same_on_any_threads(|| solve(x.view(), y.view()).coef.into_raw_vec_and_offset().0);
    assert_eq!(matmul(x.t(), y.view()).dim(), (15, 1));
}

#[test]
fn what_is_not_finite_is_refused() {
    let (mut x, y) = (numbers::<f64>(20, 2, 1), numbers::<f64>(20, 1, 2));
    x[[3, 1]] = f64::NAN;
    assert!(lstsq(x.view(), y.view(), None, None, None).is_err());
}
