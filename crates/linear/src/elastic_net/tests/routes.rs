//! Every route gives the minimum that the textbook does.

use super::*;
use estimand_core::Csr;

/// Half of the values are 0, so that sparse storage says something.
fn thinned(x: &Array2<f64>) -> Array2<f64> {
    let mut x = x.clone();
    x.indexed_iter_mut().for_each(|((i, j), v)| {
        if (3 * i + 5 * j) % 2 == 0 {
            *v = 0.0;
        }
    });
    x
}

fn check(spec: &Spec, n: usize, p: usize, t: usize, alpha: f64) {
    let (x, y) = sparse_problem(n, p, t, 31);
    let x = thinned(&x) + 0.0;
    let omega = weights(n);
    let sparse = Csr::from_dense(x.view());
    let columns = x.t().as_standard_layout().into_owned();
    for omega in [None, Some(&omega)] {
        let expected = textbook(&x, &y, omega, alpha, spec);
        let samples = [
            Samples::new((&x).into(), y.view()),
            Samples::new(columns.t().into(), y.view()),
            Samples::new((&sparse).into(), y.view()),
        ];
        for (layout, samples) in samples.into_iter().enumerate() {
            let samples = match omega {
                Some(omega) => samples.with_weights(omega),
                None => samples,
            };
            for route in [Route::Auto, Route::Gram, Route::WorkingSets, Route::Columns] {
                for (screen, accelerate) in [(true, true), (false, true), (true, false), (false, false)] {
                    let spec = Spec { route, screen, accelerate, ..spec.clone() };
                    let solved = run(samples, alpha, &spec);
                    let difference = apart(&expected, &solved.coef);
                    // The gap bounds the square of the distance to the minimum: tol = 1e-13.
                    assert!(
                        solved.converged && difference < 1e-5,
                        "{difference:e}: {n} × {p}, {t} targets, layout {layout}, {:?}: {solved:?}",
                        (route, screen, accelerate, omega.is_some()),
                    );
                }
            }
        }
    }
}

#[test]
fn lasso() {
    check(&exact(&Lasso::new(), Route::Auto), 40, 9, 1, 0.1);
    check(&exact(&Lasso::new(), Route::Auto), 20, 30, 1, 0.2);
}

#[test]
fn elastic_net_of_several_targets() {
    check(&exact(&ElasticNet::new(), Route::Auto), 30, 9, 2, 0.1);
    check(&exact(&ElasticNet::new().l1_ratio(0.9), Route::Auto), 15, 25, 2, 0.2);
}

#[test]
fn positive() {
    check(&exact(&Lasso::new().positive(true), Route::Auto), 40, 9, 1, 0.1);
    check(&exact(&ElasticNet::new().positive(true), Route::Auto), 20, 30, 1, 0.2);
}

#[test]
fn multi_task() {
    check(&exact(&MultiTaskLasso::new(), Route::Auto), 40, 9, 3, 0.3);
    check(&exact(&MultiTaskElasticNet::new().l1_ratio(0.8), Route::Auto), 20, 30, 2, 0.4);
}

#[test]
fn working_sets_grow_where_the_first_is_not_enough() {
    // 10 columns at first, 40 in the end.
    let (x, y) = sparse_problem(200, 60, 1, 33);
    let spec = exact(&Lasso::new(), Route::WorkingSets);
    let solved = run((&x, &y).into(), 0.01, &spec);
    let gram = run((&x, &y).into(), 0.01, &Spec { route: Route::Gram, ..spec });
    assert!(apart(&gram.coef, &solved.coef) < 1e-6);
}

#[test]
fn without_an_intercept_nothing_is_centred() {
    let (x, y) = sparse_problem(40, 9, 1, 35);
    let (x, y) = (x + 1.0, y.column(0).to_owned());
    let both = ndarray::concatenate![Axis(0), x, -&x];
    let both_y = ndarray::concatenate![Axis(0), y, -&y];
    for route in [Route::Gram, Route::WorkingSets, Route::Columns] {
        let spec = exact(&Lasso::new(), route);
        let fit = |x: &Array2<f64>, y: &Array1<f64>, intercept| {
            let y = y.view().insert_axis(Axis(1));
            let samples = Samples::<'_, f64, Array2<f64>>::new(x.into(), y);
            let problem = Problem::new(&samples, intercept);
            solve(&problem, &Way { spec: &spec, alphas: &[0.1], start: None, warm: false }).unwrap().remove(0)
        };
        // With each row mirrored, both means are 0.
        let (without, mirrored) = (fit(&x, &y, false), fit(&both, &both_y, true));
        assert!(apart(&mirrored.coef, &without.coef) < 1e-6, "{route:?}");
        assert_eq!(without.intercept[0], 0.0);
    }
}

#[test]
fn far_from_zero_and_on_other_scales() {
    let (x, y) = sparse_problem(60, 8, 1, 37);
    let spec = |route| exact(&Lasso::new(), route);
    let expected = run((&x, &y).into(), 0.1, &spec(Route::Gram));
    for route in [Route::Gram, Route::WorkingSets, Route::Columns] {
        let far = run((&(&x + 1e6), &(&y - 1e6)).into(), 0.1, &spec(route));
        // Values near 1e6 carry ten digits of their spread.
        assert!(apart(&expected.coef, &far.coef) < 1e-6, "{route:?}");
        for scale in [1e-6, 1e6] {
            let scaled = run((&(&x * scale), &(&y * scale)).into(), 0.1 * scale * scale, &spec(route));
            assert!(apart(&expected.coef, &scaled.coef) < 1e-6, "{route:?} {scale}");
        }
    }
}
