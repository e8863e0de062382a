//! Hostile input through the front door: what must be refused with a reason, and what must not change a result.

use super::{refused, table};
use estimand::core::Target;
use estimand::core::split::{Predefined, TimeSeriesSplit};
use estimand::linear::RidgeSolver;
use estimand::metrics::{self, lower_is_better};
use estimand::model_selection::SearchModel;
use estimand::prelude::*;
use ndarray::ShapeBuilder;

/// 60 rows of 3 columns, numbers and labels that depend on them, weights.
fn problem() -> (Array2<f64>, Array1<f64>, Array1<usize>, Array1<f64>) {
    let x = table(60, 3, 1);
    let y = x.column(0).mapv(|v| 2.0 * v + 1.0) + x.column(1).mapv(|v| v * v);
    let labels = x.column(0).mapv(|v| usize::from(v > -0.2) + usize::from(v > 0.2));
    (x, y, labels, Array1::from_shape_fn(60, |i| (i % 4) as f64))
}

/// Every estimator, fitted on samples that each must refuse with the same words.
fn all_refuse(x: &Array2<f64>, weights: Option<&Array1<f64>>, what: &str) {
    fn with<'a, Y: Target>(data: Samples<'a, f64, Y>, w: Option<&'a Array1<f64>>) -> Samples<'a, f64, Y> {
        w.map_or(data, |w| data.with_weights(w))
    }
    let y = Array1::from_shape_fn(x.nrows(), |i| i as f64);
    let labels = Array1::from_shape_fn(x.nrows(), |i| i % 2);
    refused(LinearRegression::new().fit(with((x, &y).into(), weights)), what);
    refused(Ridge::new().fit(with((x, &y).into(), weights)), what);
    refused(LogisticRegression::new().fit(with((x, &labels).into(), weights)), what);
    refused(StandardScaler::new().fit(with((x, &y).into(), weights)), what);
    refused(MinMaxScaler::new().fit(with((x, &y).into(), weights)), what);
}

#[test]
fn every_estimator_refuses_bad_samples_in_the_same_words() {
    let x = table(6, 2, 2);
    all_refuse(&Array2::zeros((0, 2)), None, "x (0 × 2) is empty");
    all_refuse(&Array2::zeros((2, 0)), None, "x (2 × 0) is empty");
    let mut infinite = x.clone();
    infinite[[3, 1]] = f64::INFINITY;
    all_refuse(&infinite, None, "inf at row 3, column 1");
    for (weight, what) in [(-1.0, "weight -1 of row 5"), (f64::NAN, "weight NaN of row 5")] {
        let mut weights = Array1::ones(6);
        weights[5] = weight;
        all_refuse(&x, Some(&weights), what);
    }
    all_refuse(&x, Some(&Array1::zeros(6)), "all are zero");
    all_refuse(&x, Some(&Array1::ones(5)), "expected 6, found 5");
    all_refuse(&x, Some(&Array1::from_elem(6, 1e308)), "their sum exceeds");
}

#[test]
fn impossible_parameters_are_refused_by_name() {
    let (x, y, labels, _) = problem();
    for alpha in [-1.0, f64::NAN, f64::INFINITY] {
        refused(Ridge::new().alpha(alpha).fit((&x, &y)), "`alpha`");
    }
    for c in [0.0, -1.0, f64::NAN] {
        refused(LogisticRegression::new().c(c).fit((&x, &labels)), "`c`");
    }
    // A penalty that no number holds is no fault of the records; a strong one is right.
    for c in [5e-324, 1e-320] {
        refused(LogisticRegression::new().c(c).fit((&x, &labels)), "`c`");
    }
    for c in [1e-300, 1e-50, 1e-12] {
        let model = LogisticRegression::new().c(c).fit((&x, &labels)).unwrap();
        assert!(model.coef().iter().all(|w| w.abs() < 1e-9), "{c}: {}", model.coef());
    }
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings = LogisticRegression::new().class_weight(ClassWeight::of([(0, weight)]));
        refused(settings.fit((&x, &labels)), "`class_weight`");
    }
    // 1e300 is a number of f64, but not of f32.
    let settings = LogisticRegression::new().class_weight(ClassWeight::of([(0, 1e300)]));
    refused(settings.fit((&x.mapv(|v| v as f32), &labels)), "f32");
    refused(
        Ridge::new().solver(RidgeSolver::ConjugateGradient).fit((&x, &Array2::zeros((60, 0)))),
        "y (60 × 0)",
    );
    for splits in [0, 1, 61, usize::MAX] {
        refused(cross_val_score(&Ridge::new(), (&x, &y), &KFold::new(splits), r2), "`n_splits`");
    }
    let late = TimeSeriesSplit::new(3).gap(usize::MAX);
    refused(cross_val_score(&Ridge::new(), (&x, &y), &late, r2), "time series");
    refused(
        cross_val_score(&Ridge::new(), (&x, &y), &Predefined::by_row(&[None; 60]), r2),
        "number of folds",
    );
    refused(datasets::make_blobs(0).generate(), "`n_samples`");
    refused(datasets::make_classification(usize::MAX).generate(), "`n_samples`");
    refused(Csr::<f64>::from_triplets(usize::MAX, 1, []), "sparse matrix");
}

#[test]
fn layouts_of_records_targets_and_weights_do_not_matter() -> Result<()> {
    let (x, y, labels, w) = problem();
    let mut columns = Array2::zeros((60, 3).f());
    columns.assign(&x);
    let mut sparse = Array2::from_elem((120, 7), f64::NAN);
    sparse.slice_mut(s![..;2, 1..;2]).assign(&x);
    let back = x.slice(s![..;-1, ..;-1]).to_owned();
    let (y_back, labels_back) = (y.slice(s![..;-1]).to_owned(), labels.slice(s![..;-1]).to_owned());
    let ridge = Ridge::new().fit((&x, &y, &w))?;
    let logistic = LogisticRegression::new().fit((&x, &labels, &w))?;
    for view in [columns.view(), sparse.slice(s![..;2, 1..;2]), back.slice(s![..;-1, ..;-1])] {
        let found = Ridge::new().fit((view, &y_back.slice(s![..;-1]), &w))?;
        // Sums may be taken in another order: errors of rounding.
        assert!((found.coef() - ridge.coef()).iter().all(|d| d.abs() < 1e-13));
        let found = LogisticRegression::new().fit((view, labels_back.slice(s![..;-1]), &w))?;
        assert!((found.coef() - logistic.coef()).iter().all(|d| d.abs() < 1e-10));
        assert_eq!(logistic.predict_proba(view)?, logistic.predict_proba(&x)?);
    }
    Ok(())
}

#[test]
fn views_that_repeat_one_row_or_one_column_are_read_right() -> Result<()> {
    let (_, y, labels, _) = problem();
    let (row, column) = (table(1, 3, 5), table(60, 1, 6));
    for view in [row.broadcast((60, 3)), column.broadcast((60, 3))].into_iter().flatten() {
        let owned = view.to_owned();
        assert_eq!(LinearRegression::new().fit((view, &y))?, LinearRegression::new().fit((&owned, &y))?);
        assert_eq!(
            LogisticRegression::new().fit((view, &labels))?,
            LogisticRegression::new().fit((&owned, &labels))?
        );
        let folds = KFold::new(3);
        let scores = cross_val_score(&Ridge::new(), (view, &y), &folds, r2)?;
        assert_eq!(scores, cross_val_score(&Ridge::new(), (&owned, &y), &folds, r2)?);
    }
    Ok(())
}

#[test]
fn stored_zeros_empty_rows_and_slices_of_sparse_rows_change_nothing() -> Result<()> {
    let (mut x, y, labels, _) = problem();
    x.mapv_inplace(|v| if v.abs() < 0.3 { 0.0 } else { v });
    x.row_mut(0).fill(0.0);
    let all = (0..60).flat_map(|i| (0..3).map(move |j| (i, j)));
    let stored = Csr::from_triplets(60, 3, all.map(|(i, j)| (i, j, x[[i, j]])))?;
    for csr in [&stored, &Csr::from_dense(x.view())] {
        let (rows, dense) = (csr.view().rows(10..50), x.slice(s![10..50, ..]));
        let part = (y.slice(s![10..50]), labels.slice(s![10..50]));
        let (a, b) = (Ridge::new().fit((rows, part.0))?, Ridge::new().fit((dense, part.0))?);
        assert!((a.coef() - b.coef()).iter().all(|d| d.abs() < 1e-13));
        let settings = LogisticRegression::new().tol(1e-9);
        let (a, b) = (settings.fit((rows, part.1))?, settings.fit((dense, part.1))?);
        assert!((a.coef() - b.coef()).iter().all(|d| d.abs() < 1e-7));
    }
    Ok(())
}

#[test]
fn many_empty_columns_of_sparse_records_cost_no_more_than_one_look() -> Result<()> {
    // A look at all records for each of these columns would take an hour.
    let x = Csr::from_triplets(4, 1_000_000, [(0, 7, 1.0), (1, 7, 2.0), (2, 999_999, 1.0), (3, 7, 4.0)])?;
    let model = Ridge::new().fit((&x, &array![1.0, 2.0, 0.0, 4.0]))?;
    assert!(model.coef()[7] > 0.0 && model.coef()[8] == 0.0);
    Ok(())
}

#[test]
fn areas_under_the_curve_stay_areas_for_weights_of_any_size() -> Result<()> {
    let truth = array![0, 0, 1, 1, 0, 1];
    let scores = array![0.1, 0.4, 0.35, 0.8, 0.2, 0.9];
    let plain = roc_auc(&truth, &scores)?;
    for weight in [1e-300, 5e-324, 1.0, 1e300] {
        let area = metrics::weighted::roc_auc(&truth, &scores, &Array1::from_elem(6, weight))?;
        assert!((area - plain).abs() < 1e-15, "{area} of weights {weight}");
    }
    Ok(())
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_label() -> Result<()> {
    let text = "\u{feff}cat 1:2\r\ndog 2:1\r\ncat 1:1";
    let data: Dataset<f64, Array1<String>, Csr<f64>> = datasets::parse_svmlight(text).load()?;
    assert_eq!(data.y, array!["cat", "dog", "cat"]);
    let data: Dataset<f64, Array1<String>> =
        datasets::parse_csv("\u{feff}kind,a\r\ncat,1\r\n\"dog, big\",2").target("kind").load()?;
    assert_eq!(data.y, array!["cat", "dog, big"]);
    Ok(())
}

#[test]
fn a_search_survives_bad_candidates_and_refuses_losses() -> Result<()> {
    let (x, y, _, _) = problem();
    let search =
        GridSearch::new(grid!(Ridge::new(), alpha: [-1.0, 2.0, f64::NAN])).scoring(r2).fit((&x, &y))?;
    assert_eq!(search.results().best_index(), 1);
    assert_eq!(search.best_parameters(), [("alpha", "2.0")]);
    let all_bad = GridSearch::new(grid!(Ridge::new(), alpha: [-1.0, -2.0])).scoring(r2);
    refused(all_bad.fit((&x, &y)), "all 2 candidates failed");
    let candidates = grid!(Ridge::new(), alpha: [0.1, 1.0]);
    refused(
        GridSearch::new(candidates.clone()).scoring(mean_squared_error).fit((&x, &y)),
        "wrap a loss in `lower_is_better",
    );
    refused(
        GridSearch::new(candidates.clone()).scoring(lower_is_better(r2)).fit((&x, &y)),
        "lower_is_better",
    );
    let ties = GridSearch::new(grid!(Ridge::new(), max_iter: [10, 20, 30])).scoring(r2).fit((&x, &y))?;
    assert_eq!(ties.results().best_index(), 0);
    Ok(())
}

#[test]
fn a_search_with_odd_labels_and_infinite_parameters_is_saved() -> Result<()> {
    type Found = SearchModel<Chain<StandardScalerModel<f64>, Classifier<LogisticModel<f64>, String>>>;
    let (x, _, labels, _) = problem();
    let names = labels.mapv(|l| ["", "ä\u{0}", "\"q\"\n"][l].to_string());
    let candidates =
        grid!(StandardScaler::new().then(LogisticRegression::new()), last.c: [0.1, f64::INFINITY]);
    let model = GridSearch::new(candidates).scoring(accuracy).fit((&x, &names))?;
    assert_eq!(Found::from_json(&model.to_json()?)?, model);
    let file = std::env::temp_dir().join(format!("estimand-attack-{}.est", std::process::id()));
    model.save(&file)?;
    let loaded = Found::load(&file);
    std::fs::remove_file(&file).map_err(|e| Error::io(&file, &e))?;
    assert_eq!(loaded?.predict(&x)?, model.predict(&x)?);
    Ok(())
}
