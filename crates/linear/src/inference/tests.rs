use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{
    Coefficient, GammaRegressor, LinearRegression, LogisticRegression, PoissonRegressor, RegressionSummary,
};
use approx::assert_relative_eq;
use estimand_core::{ClassWeight, Csr, Samples};
use ndarray::{Array1, Array2, Axis, array, concatenate};

fn estimates(lines: &[Coefficient]) -> Array1<f64> {
    lines.iter().map(|c| c.estimate).collect()
}

fn errors(lines: &[Coefficient]) -> Array1<f64> {
    lines.iter().map(|c| c.std_error).collect()
}

fn ols(x: &Array2<f64>, y: &Array1<f64>) -> RegressionSummary {
    LinearRegression::new().summarize((x, y)).unwrap()
}

fn data(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.column(0).to_owned())
}

#[test]
fn a_line_through_four_points_is_as_worked_out_by_hand() {
    // x̄ = 1.5, Sxx = 5, b = 0.9, a = 0.9, residuals (.1, −.8, 1.3, −.6): sum of squares 2.7, σ̂² = 1.35.
    let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![1.0, 1.0, 4.0, 3.0]);
    let summary = ols(&x, &y);
    assert!(apart(&array![0.9, 0.9], &estimates(&summary.coefficients)) < 1e-14);
    let expected = array![(1.35 * (0.25 + 2.25 / 5.0_f64)).sqrt(), (1.35_f64 / 5.0).sqrt()];
    assert!(apart(&expected, &errors(&summary.coefficients)) < 1e-14);
    assert_relative_eq!(summary.scale, 1.35, max_relative = 1e-13);
    assert_relative_eq!(summary.r2, 1.0 - 2.7 / 6.75, max_relative = 1e-13);
    // With one column F is t², and its p-value that of t.
    let slope = &summary.coefficients[1];
    assert_relative_eq!(summary.f.statistic, slope.statistic.powi(2), max_relative = 1e-12);
    assert_relative_eq!(summary.f.p_value, slope.p_value, max_relative = 1e-12);
    assert_relative_eq!(summary.durbin_watson, (0.81 + 4.41 + 3.61) / 2.7, max_relative = 1e-12);
}

#[test]
fn the_covariance_is_the_inverse_of_the_normal_equations() {
    let (x, y) = data(60, 4, 3);
    let x = x + 3.0;
    let summary = ols(&x, &y);
    let design = concatenate![Axis(1), Array2::ones((60, 1)), x];
    let product = design.t().dot(&design).dot(&summary.covariance) / summary.scale;
    assert!(apart(&Array2::eye(5), &product) < 1e-11);
}

#[test]
fn a_weight_is_a_repetition_in_every_number() {
    let (x, y) = data(40, 3, 5);
    let omega = weights(40);
    let rows = repeated(&omega);
    let (again, y_again) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let weighted = LinearRegression::new().summarize((&x, &y, &omega)).unwrap();
    let (a, b) = (format!("{weighted:.9?}"), format!("{:.9?}", ols(&again, &y_again)));
    // Nine decimals of a few dozen numbers, none of which lies at the edge of rounding.
    assert_eq!(a.replace("-0.000000000", "0.000000000"), b.replace("-0.000000000", "0.000000000"));

    let counts = y.mapv(|y| (0.3 * y).exp().round());
    let settings = PoissonRegressor::new().alpha(0.0);
    let weighted = settings.summarize((&x, &counts, &omega)).unwrap();
    let repeated = settings.summarize((&again, &counts.select(Axis(0), &rows))).unwrap();
    assert!(apart(&errors(&repeated.coefficients), &errors(&weighted.coefficients)) < 1e-7);
    assert_relative_eq!(weighted.bic.unwrap(), repeated.bic.unwrap(), max_relative = 1e-10);
}

#[test]
fn what_collinear_columns_leave_undetermined_is_nan_and_named() {
    let (x, y) = data(50, 3, 7);
    let twice = x.column(0).mapv(|v| 2.0 * v).insert_axis(Axis(1));
    let constant = Array2::from_elem((50, 1), 0.1);
    let wide = concatenate![Axis(1), x, twice, constant];
    let (summary, plain) = (ols(&wide, &y), ols(&x, &y));
    let found = errors(&summary.coefficients);
    let expected = errors(&plain.coefficients);
    for j in [0, 2, 3] {
        assert_relative_eq!(found[j], expected[j], max_relative = 1e-10);
    }
    assert!([1, 4, 5].iter().all(|j| found[*j].is_nan()), "{found}");
    assert_eq!((summary.df_model, summary.df_residual), (plain.df_model, plain.df_residual));
    assert_relative_eq!(summary.r2, plain.r2, max_relative = 1e-12);
    assert_relative_eq!(summary.f.p_value, plain.f.p_value, max_relative = 1e-9);
    let notes = summary.notes.join("\n");
    assert!(
        notes.contains("determined: x0, x3") && notes.contains("constant") && notes.contains("x4"),
        "{notes}"
    );
    assert!(summary.to_string().contains("x3"));
}

#[test]
fn sparse_and_single_precision_agree() {
    let (x, y) = data(60, 3, 9);
    let x = x.mapv(|v| if v < 0.0 { 0.0 } else { v });
    let dense = ols(&x, &y);
    let sparse = LinearRegression::new().summarize((&Csr::from_dense(x.view()), &y)).unwrap();
    assert!(apart(&errors(&dense.coefficients), &errors(&sparse.coefficients)) < 1e-12);
    assert_relative_eq!(dense.condition_number, sparse.condition_number, max_relative = 1e-12);
    let single = LinearRegression::new().summarize((&x.mapv(|v| v as f32), &y.mapv(|v| v as f32))).unwrap();
    assert!(apart(&errors(&dense.coefficients), &errors(&single.coefficients)) < 1e-6);
}

#[test]
fn columns_far_from_zero_do_not_spoil_the_errors_of_slopes() {
    let (x, y) = data(80, 3, 11);
    let (near, far) = (ols(&x, &y), ols(&(&x + 1e6), &y));
    let slopes = |s: &RegressionSummary| errors(&s.coefficients[1..]);
    // The columns themselves lose six digits.
    assert!(apart(&slopes(&near), &slopes(&far)) < 1e-8);
    assert!(far.notes[0].contains("condition number is large"));
}

#[test]
fn two_proportions_have_their_log_odds_ratio() {
    // 30 of 40 against 10 of 40: log odds ratio ln 9, variance 1/30 + 1/10 + 1/10 + 1/30.
    let x = array![[0.0], [0.0], [1.0], [1.0]];
    let (y, omega) = (["no", "yes", "no", "yes"], array![30.0, 10.0, 10.0, 30.0]);
    let settings = LogisticRegression::new().c(f64::INFINITY);
    let summary = settings.summarize(Samples::from((&x, &y, &omega))).unwrap();
    let slope = &summary.coefficients[1];
    assert_relative_eq!(slope.estimate, 9.0_f64.ln(), max_relative = 1e-7);
    assert_relative_eq!(slope.std_error, (4.0_f64 / 15.0).sqrt(), max_relative = 1e-7);
    assert_eq!((summary.n, summary.df_residual), (80.0, 78.0));
    assert_relative_eq!(summary.null_deviance, 160.0 * 2.0_f64.ln(), max_relative = 1e-12);
}

#[test]
fn a_rate_has_the_error_of_its_count() {
    // 25 events in 100 hours against 100 in 100: log ratio ln 4, variance 1/25 + 1/100.
    let x = array![[0.0], [0.0], [1.0], [1.0]];
    let (events, hours) = (array![10.0, 15.0, 20.0, 80.0], array![40.0, 60.0, 20.0, 80.0]);
    let summary = PoissonRegressor::new().alpha(0.0).summarize_with_exposure((&x, &events), &hours).unwrap();
    let slope = &summary.coefficients[1];
    assert_relative_eq!(slope.estimate, 4.0_f64.ln(), max_relative = 1e-7);
    assert_relative_eq!(slope.std_error, 0.05_f64.sqrt(), max_relative = 1e-7);
    // Under one rate of 125 / 200 for all.
    let deviance = |y: f64, mean: f64| 2.0 * (y * (y / mean).ln() - y + mean);
    let null: f64 = events.iter().zip(&hours).map(|(y, t)| deviance(*y, 0.625 * t)).sum();
    assert_relative_eq!(summary.null_deviance, null, max_relative = 1e-9);
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    // 400 problems with a true slope of 1: 360 expected, standard deviation 6.
    let mut held = 0;
    for seed in 0..400 {
        let x = normal(12, 1, 1000 + 2 * seed);
        let y = normal(12, 1, 1001 + 2 * seed).column(0).to_owned() + x.column(0);
        let (low, high) = ols(&x, &y).intervals(0.9).unwrap()[1];
        held += usize::from(low <= 1.0 && 1.0 <= high);
    }
    assert!((335..=385).contains(&held), "{held}");
}

#[test]
fn what_has_no_standard_error_is_refused() {
    let (x, y) = data(10, 3, 13);
    let text = |e: estimand_core::Error| e.to_string();
    let counts = y.mapv(|y| y.abs().round());
    assert!(text(PoissonRegressor::new().summarize((&x, &counts)).unwrap_err()).contains("set alpha(0.0)"));
    let labels = y.mapv(|y| y > 3.0);
    let free = LogisticRegression::new().c(f64::INFINITY);
    assert!(
        text(LogisticRegression::new().summarize((&x, &labels)).unwrap_err())
            .contains("set c(f64::INFINITY)")
    );
    let balanced = free.clone().class_weight(ClassWeight::Balanced);
    assert!(text(balanced.summarize((&x, &labels)).unwrap_err()).contains("class weights"));
    let three = Array1::from_shape_fn(10, |i| i % 3);
    assert!(text(free.summarize((&x, &three)).unwrap_err()).contains("3 classes"));
    let few = (&x.slice(ndarray::s![..4, ..]), &y.slice(ndarray::s![..4]));
    assert!(text(LinearRegression::new().summarize(few).unwrap_err()).contains("more than the 4"));
    assert!(text(GammaRegressor::new().alpha(0.0).summarize((&x, &(-&y))).unwrap_err()).contains("above 0"));
    assert!(ols(&x, &y).intervals(1.0).is_err());
}

#[test]
fn a_summary_prints_as_a_table() {
    let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![1.0, 1.0, 4.0, 3.0]);
    let names = ["metres".to_string()];
    let records = estimand_core::Records::from(&x).with_names(&names);
    let summary = LinearRegression::new().summarize((records, &y)).unwrap();
    let printed = summary.to_string();
    assert!(printed.lines().all(|line| line.chars().count() <= 78), "{printed}");
    let line = printed.lines().find(|line| line.starts_with("metres")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, ["metres", "0.9000", "0.5196", "1.732", "0.225", "-1.3357", "3.1357"]);
    assert!(summary.coefficient("metres").is_some() && summary.coefficient("x0").is_none());
}
