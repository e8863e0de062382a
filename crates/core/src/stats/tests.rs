use super::{Extent, Moments};
use crate::{Csr, Error, Float, Records, Seed};
use ndarray::{Array1, Array2, ArrayView1, ShapeBuilder, array, s};
use rand::RngCore;

fn uniform(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64)
}

fn moments<F: Float>(x: &Array2<F>, weights: Option<ArrayView1<'_, F>>) -> Moments {
    let mut state = Moments::new(x.ncols());
    state.insert(x.into(), weights).unwrap();
    state
}

/// The definition, evaluated in two passes over each column.
fn by_definition(x: &Array2<f64>, w: &Array1<f64>, j: usize) -> (f64, f64, f64) {
    let seen: Vec<(f64, f64)> =
        x.column(j).iter().copied().zip(w.iter().copied()).filter(|(v, _)| !v.is_nan()).collect();
    let total: f64 = seen.iter().map(|(_, w)| w).sum();
    let mean = seen.iter().map(|(v, w)| v * w).sum::<f64>() / total;
    (total, mean, seen.iter().map(|(v, w)| w * (v - mean).powi(2)).sum::<f64>() / total)
}

#[test]
fn moments_agree_with_their_definition_for_any_shape_layout_and_weights() {
    // Shapes on both sides of a block and of a register's worth of columns.
    for (n, p) in [(1, 1), (5, 3), (700, 20), (40_000, 1), (50, 900)] {
        let mut x = uniform(n, p, 1);
        x.indexed_iter_mut().filter(|((i, j), _)| (i + 3 * j) % 11 == 7).for_each(|(_, v)| *v = f64::NAN);
        for missing in [false, true] {
            if !missing {
                x.mapv_inplace(|v| if v.is_nan() { 0.5 } else { v });
            }
            let weights = uniform(n, 1, 2).column(0).to_owned();
            let ones = Array1::ones(n);
            let mut fortran = Array2::zeros((n, p).f());
            fortran.assign(&x);
            let mut wide = Array2::zeros((2 * n, p + 3));
            wide.slice_mut(s![..;2, 1..p + 1]).assign(&x);
            for w in [None, Some(weights.view())] {
                let views = [x.view(), fortran.view(), wide.slice(s![..;2, 1..p + 1])];
                for view in views {
                    let mut state = Moments::new(p);
                    state.insert(Records::from(view), w).unwrap();
                    for j in 0..p {
                        let (total, mean, variance) =
                            by_definition(&x, &w.map_or(ones.clone(), |w| w.to_owned()), j);
                        if total == 0.0 || total.is_nan() {
                            continue;
                        }
                        // Sums of 40 000 numbers below 1: a few hundred roundings.
                        approx::assert_relative_eq!(state.weight()[j], total, max_relative = 1e-13);
                        approx::assert_relative_eq!(state.mean()[j], mean, max_relative = 1e-13);
                        approx::assert_relative_eq!(
                            state.variance(j),
                            variance,
                            max_relative = 1e-12,
                            epsilon = 1e-18
                        );
                    }
                }
            }
        }
        x = uniform(n, p, 3);
    }
}

#[test]
fn any_split_of_the_rows_combines_to_the_same_moments() {
    let x = uniform(1000, 7, 3);
    let whole = moments(&x, None);
    for cut in [0, 1, 333, 999, 1000] {
        let mut a = Moments::new(7);
        let mut b = Moments::new(7);
        a.insert(Records::from(x.slice(s![..cut, ..])), None).unwrap();
        b.insert(Records::from(x.slice(s![cut.., ..])), None).unwrap();
        let both = a.combine(b);
        for j in 0..7 {
            approx::assert_relative_eq!(both.mean()[j], whole.mean()[j], max_relative = 1e-14);
            approx::assert_relative_eq!(both.variance(j), whole.variance(j), max_relative = 1e-13);
            assert_eq!(both.weight()[j], 1000.0);
        }
    }
}

#[test]
fn variances_survive_a_large_mean() {
    // Squares of 1e9 leave no digit of a variance of 1/12 in 53 bits; deviations keep all but those
    // that the numbers themselves lost when the mean was added: 1e9 · 2⁻⁵² ≈ 2e-7, relative to 0.3.
    let x = uniform(10_000, 3, 4);
    let (near, far) = (moments(&x, None), moments(&x.mapv(|v| v + 1e9), None));
    for j in 0..3 {
        approx::assert_relative_eq!(near.variance(j), far.variance(j), max_relative = 1e-8);
    }
}

#[test]
fn constant_columns_have_no_variance_at_all() {
    for value in [0.1, 1e-300, 1e300, -123_456.789] {
        for (n, p) in [(10, 3), (100_000, 1), (3000, 20)] {
            let x = Array2::from_elem((n, p), value);
            let state = moments(&x, None);
            assert_eq!((state.variance(0), state.mean()[p - 1]), (0.0, value));
            let weights = uniform(n, 1, 5).column(0).to_owned();
            assert_eq!(moments(&x, Some(weights.view())).variance(0), 0.0);
        }
    }
}

#[test]
fn magnitudes_within_the_range_of_squares_are_exact() {
    for factor in [2.0_f64.powi(480), 2.0_f64.powi(-480)] {
        let x = uniform(100, 2, 6);
        let (plain, scaled) = (moments(&x, None), moments(&x.mapv(|v| v * factor), None));
        assert_eq!(scaled.mean()[1], plain.mean()[1] * factor);
        assert_eq!(scaled.variance(1), plain.variance(1) * factor * factor);
    }
}

#[test]
fn sparse_rows_give_the_moments_and_extents_of_dense_ones() {
    let x = uniform(200, 6, 7).mapv(|v| {
        if v < 0.6 {
            0.0
        } else if v > 0.97 {
            f64::NAN
        } else {
            v - 0.8
        }
    });
    let sparse = Csr::from_dense(x.view());
    let weights = uniform(200, 1, 8).column(0).mapv(|w| if w < 0.2 { 0.0 } else { w });
    for w in [None, Some(weights.view())] {
        let dense = moments(&x, w);
        let mut state = Moments::new(6);
        state.insert(Records::from(&sparse), w).unwrap();
        let (mut a, mut b) = (Extent::new(6), Extent::new(6));
        a.insert(Records::from(&x), w).unwrap();
        b.insert(Records::from(&sparse), w).unwrap();
        assert_eq!(a, b);
        for j in 0..6 {
            approx::assert_relative_eq!(state.weight()[j], dense.weight()[j], max_relative = 1e-14);
            approx::assert_relative_eq!(state.mean()[j], dense.mean()[j], epsilon = 1e-15);
            approx::assert_relative_eq!(state.variance(j), dense.variance(j), max_relative = 1e-13);
        }
    }
}

#[test]
fn extents_leave_out_missing_values_and_rows_of_no_weight() {
    let x = array![[1.0, f64::NAN, -5.0], [3.0, f64::NAN, 2.0], [-9.0, f64::NAN, 70.0]];
    let mut state = Extent::new(3);
    state.insert(Records::from(&x), Some(array![2.0, 1.0, 0.0].view())).unwrap();
    assert_eq!((state.of(0), state.of(1), state.of(2)), (Some((1.0, 3.0)), None, Some((-5.0, 2.0))));
    assert_eq!(Extent::new(3).combine(state.clone()), state);
}

#[test]
fn infinite_values_are_refused_where_they_stand() {
    for bad in [f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = uniform(50, 4, 9);
        x[[7, 2]] = f64::NAN;
        x[[31, 3]] = bad;
        let expected = Error::NonFinite { what: "x".into(), value: bad.to_string(), row: 31, column: 3 };
        for records in [Records::from(&x), Records::from(&Csr::from_dense(x.view()))] {
            assert_eq!(Moments::new(4).insert(records, None), Err(expected.clone()));
            assert_eq!(Extent::new(4).insert(records, None), Err(expected.clone()));
        }
    }
}

#[test]
fn forged_states_are_refused() {
    let good = moments(&uniform(5, 2, 1), None);
    assert!(good.check_loaded(2).is_ok());
    assert!(good.check_loaded(3).is_err());
    for (field, forged) in [
        ("weight", serde_json::json!([-1.0, 1.0])),
        ("mean", serde_json::json!([1.0])),
        ("squares", serde_json::json!([1.0, -1.0])),
        ("squares", serde_json::json!([1.0, 1.0, 1.0])),
    ] {
        let mut state = serde_json::to_value(&good).unwrap();
        state[field] = forged;
        let state: Moments = serde_json::from_value(state).unwrap();
        assert!(state.check_loaded(2).is_err(), "{state:?}");
    }
}
