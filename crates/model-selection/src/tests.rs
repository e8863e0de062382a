//! Known answers by hand, failures, order, sharing and threads, with small estimators of our own.

#![allow(unreachable_pub, reason = "`params!` makes public types")]

use crate::*;
use estimand_core::*;
use estimand_metrics::{
    Average, accuracy, brier_score, f1, lower_is_better, mean_squared_error, named, on_decision,
    on_probabilities, r2, scorers, weighted,
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};

params! {
    /// Predicts `shift` plus the weighted mean of the target.
    pub struct Mean {
        /// What is added.
        shift: f64 = 0.0, describe::between(-5.0, 5.0);
        /// Ignored.
        label: Option<usize> = None;
    }
    accepts: sparse, weights;
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant<F> {
    value: F,
}
impl<F: Float> Persist for Constant<F> {
    fn type_name() -> String {
        format!("Constant<{}>", F::NAME)
    }
}
impl<F: Float> Fit<F, Array1<F>> for Mean {
    type Model = Constant<F>;
    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<Constant<F>> {
        self.check()?;
        let mean = match samples.weights {
            Some(w) => samples.y.dot(&w) / w.sum(),
            None => samples.y.sum() / F::of(samples.nrows() as f64),
        };
        Ok(Constant { value: mean + F::of(self.shift) })
    }
}
impl<F: Float> Predict<F> for Constant<F> {
    type Output = Array1<F>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(Array1::from_elem(x.nrows(), self.value))
    }
}

/// How often [`Together`] was fitted in one go.
static TOGETHER: AtomicUsize = AtomicUsize::new(0);

params! {
    /// [`Mean`], many at once.
    pub struct Together {
        /// What is added.
        shift: f64 = 0.0;
    }
    accepts: ;
}
impl<F: Float> Fit<F, Array1<F>> for Together {
    type Model = Constant<F>;
    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<Constant<F>> {
        Mean::new().shift(self.shift).fit_samples(samples)
    }
    fn fit_many<'s>(candidates: &[&Self], samples: Samples<'s, F, Array1<F>>) -> Vec<Result<Constant<F>>> {
        TOGETHER.fetch_add(1, Ordering::Relaxed);
        candidates.iter().map(|c| c.fit_samples(samples)).collect()
    }
    fn shares_fits() -> bool {
        true
    }
}

params! {
    /// Decides by the sign of the distance of the first column to a threshold between the class means.
    pub struct Threshold {
        /// Where between the class means: 0 at the first, 1 at the second.
        at: f64 = 0.5;
    }
    accepts: ;
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cut<F> {
    at: F,
}
impl FitClasses for Threshold {
    type Model<F: Float> = Cut<F>;
    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Cut<F>> {
        let Samples { x, y, .. } = samples;
        let x = x.dense("Threshold")?;
        let mean = |class| {
            let rows: Vec<F> =
                x.column(0).iter().zip(y.y).filter(|(_, c)| **c == class).map(|(v, _)| *v).collect();
            rows.iter().copied().sum::<F>() / F::of(rows.len() as f64)
        };
        Ok(Cut { at: mean(0) + F::of(self.at) * (mean(1) - mean(0)) })
    }
}
impl<F: Float> Scores<F> for Cut<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(x.dense("Cut")?.slice(ndarray::s![.., ..1]).mapv(|v| v - self.at))
    }
    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.push(row[0] - self.at);
        Ok(())
    }
}
impl<F: Float> Probabilities<F> for Cut<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let p = self.scores(x)?.mapv(|s| F::one() / (F::one() + (-s).exp()));
        Ok(ndarray::concatenate![ndarray::Axis(1), p.mapv(|p| F::one() - p), p])
    }
}

fn numbers() -> Dataset<f64, Array1<f64>> {
    Dataset::new(
        Array2::from_shape_fn((6, 2), |(i, j)| (i * 2 + j) as f64),
        array![1.0, 2.0, 3.0, 4.0, 5.0, 9.0],
    )
}

fn labels() -> Dataset<f64, Array1<&'static str>> {
    let x = Array2::from_shape_fn((12, 1), |(i, _)| (i + i / 6 * 10) as f64);
    Dataset::new(x, (0..12).map(|i| if i < 6 { "no" } else { "yes" }).collect())
}

fn mse() -> impl Fn(&ArrayRef1<f64>, &ArrayRef1<f64>) -> Result<f64> + Clone {
    mean_squared_error
}

#[test]
fn cross_validation_by_hand() {
    // Folds {1,2}, {3,4}, {5,9}: the means of the others are 21/4, 17/4 and 10/4.
    let expected = [
        [4.25_f64, 3.25].map(|e| e * e).iter().sum::<f64>() / -2.0,
        [1.25_f64, 0.25].map(|e| e * e).iter().sum::<f64>() / -2.0,
        [2.5_f64, 6.5].map(|e| e * e).iter().sum::<f64>() / -2.0,
    ];
    let scoring = lower_is_better(mean_squared_error);
    let scores = cross_validate(&Mean::new(), &numbers(), &KFold::new(3), scoring).unwrap();
    assert_eq!(scores.scores(), expected);
    assert_eq!(scores.scoring, "-mean_squared_error");
    assert_eq!(scores.train_scores(), None);
    let mean = expected.iter().sum::<f64>() / 3.0;
    assert_eq!(scores.mean(), mean);
    assert_eq!(scores.std(), (expected.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / 3.0).sqrt());
    assert!(
        scores.to_string().starts_with("-mean_squared_error -13.1250 ± 9.6051 (3 folds, fit "),
        "{scores}"
    );
    assert_eq!(cross_val_score(&Mean::new(), &numbers(), &KFold::new(3), scoring).unwrap(), expected);

    let both = cross_validate_with_train_scores(&Mean::new(), &numbers(), &KFold::new(3), scoring).unwrap();
    // Rows 3, 4, 5, 9 about their mean 5.25.
    assert_eq!(
        both.train_scores().unwrap()[0],
        -(2.25_f64.powi(2) + 1.25_f64.powi(2) + 0.25_f64.powi(2) + 3.75_f64.powi(2)) / 4.0
    );
}

#[test]
fn every_kind_of_scorer_is_inferred() {
    let (numbers, labels) = (numbers(), labels());
    let cv = StratifiedKFold::new(3);
    let perfect = |scores: Result<Vec<f64>>| assert_eq!(scores.unwrap(), [1.0; 3]);
    perfect(cross_val_score(&Threshold::new(), &labels, &cv, accuracy));
    perfect(cross_val_score(&Threshold::new(), (&labels.x, &labels.y), &cv, weighted(weighted::accuracy)));
    perfect(cross_val_score(&Threshold::new(), &labels, &cv, scorers::f1(Average::Macro)));
    perfect(cross_val_score(
        &Threshold::new(),
        &labels,
        &cv,
        scorers::recall(Average::Binary { positive: "yes" }),
    ));
    let closure = |t: &ArrayRef1<&'static str>, p: &ArrayRef1<&'static str>| f1(t, p, Average::Micro);
    perfect(cross_val_score(&Threshold::new(), &labels, &cv, closure));
    let signs = |t: &ArrayRef1<&'static str>, d: &ndarray::ArrayRef2<f64>, classes: &[&'static str]| {
        let right = t.iter().zip(d).filter(|(t, d)| (**d > 0.0) == (**t == classes[1]));
        Ok(right.count() as f64 / t.len() as f64)
    };
    perfect(cross_val_score(&Threshold::new(), &labels, &cv, on_decision(signs)));
    for scores in [
        cross_val_score(&Threshold::new(), &labels, &cv, scorers::log_loss()),
        cross_val_score(&Threshold::new(), &labels, &cv, lower_is_better(on_probabilities(brier_score))),
    ] {
        assert!(scores.unwrap().iter().all(|s| *s < 0.0 && *s > -0.5));
    }
    cross_val_score(&Mean::new(), &numbers, &KFold::new(2), r2).unwrap();
    cross_val_score(&Mean::new(), &numbers, &KFold::new(2), named("fit", r2)).unwrap();
    let boxed: Boxed<f64, Array1<f64>> = Boxed::new(Mean::new());
    cross_val_score(&boxed, &numbers, &KFold::new(2), r2).unwrap();
    let search = GridSearch::new(grid!(Threshold::new(), at: [0.5, 0.4])).scoring(accuracy);
    perfect(cross_val_score(&search, &labels, &cv, accuracy));
}

#[test]
fn a_loss_is_not_taken_for_a_score() {
    let refused = |outcome: Result<Vec<f64>>| match outcome {
        Err(Error::Parameter { name, allowed, .. }) => {
            assert!(name == "scoring" && allowed.contains("lower_is_better"))
        }
        other => panic!("{other:?}"),
    };
    refused(cross_val_score(&Mean::new(), &numbers(), &KFold::new(3), mean_squared_error));
    refused(cross_val_score(&Mean::new(), &numbers(), &KFold::new(3), mse()));
    refused(cross_val_score(&Mean::new(), &numbers(), &KFold::new(3), lower_is_better(r2)));
    refused(cross_val_score(
        &Threshold::new(),
        &labels(),
        &StratifiedKFold::new(3),
        on_probabilities(brier_score),
    ));
    let nan = |_: &ArrayRef1<f64>, _: &ArrayRef1<f64>| Ok(f64::NAN);
    assert!(matches!(
        cross_val_score(&Mean::new(), &numbers(), &KFold::new(3), nan),
        Err(Error::Numerical { .. })
    ));
}

#[test]
fn the_best_candidate_is_fitted_on_all_rows() {
    let data = numbers();
    let candidates = grid!(Mean::new(), shift: [2.0, 0.5, -1.0], label: [None, Some(8)]);
    let search = GridSearch::new(candidates).cv(KFold::new(3)).scoring(lower_is_better(mean_squared_error));
    let model = search.fit(&data).unwrap();
    assert_eq!(model.best(), &Constant { value: 4.5 });
    assert_eq!(model.predict(&data).unwrap(), Array1::from_elem(6, 4.5));
    assert_eq!(model.best_parameters(), [("shift", "0.5"), ("label", "None")]);
    // Ties go to the first candidate, whose `label` is None.
    let order: Vec<_> = model.results().ranked().map(|t| t.parameters[0].1.as_str()).collect();
    assert_eq!(order, ["0.5", "0.5", "-1.0", "-1.0", "2.0", "2.0"]);
    assert_eq!(model.results().best_index(), 2);
    let alone =
        cross_validate(&Mean::new().shift(0.5), &data, &KFold::new(3), lower_is_better(mean_squared_error))
            .unwrap();
    assert_eq!(model.best_score(), alone.mean());
    assert_eq!(model.best_scores().scores(), alone.scores());

    let table = model.results().to_string();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["rank", "-mean_squared_error", "fit", "shift", "label"]
    );
    let second: Vec<&str> = lines[2].split_whitespace().collect();
    assert!(second.starts_with(&["2", "-13.3750", "±"]) && second.ends_with(&["0.5", "Some(8)"]), "{table}");

    // Only what differs is printed.
    let one = GridSearch::new(grid!(Mean::new(), shift: [1.0]))
        .scoring(lower_is_better(mean_squared_error))
        .fit(&data)
        .unwrap();
    assert!(one.best_parameters().is_empty());
    let again = SearchModel::<Constant<f64>>::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(again, model);
}

#[test]
fn failures_are_recorded_and_ranked_last() {
    let data = numbers();
    let score = lower_is_better(mean_squared_error);
    let search = GridSearch::new(grid!(Mean::new(), shift: [-9.0, 1.0, 9.0])).scoring(score);
    let model = search.train_scores(true).fit(&data).unwrap();
    assert_eq!(model.results().best_index(), 1);
    let failed: Vec<bool> = model.results().trials().iter().map(|t| t.outcome.is_err()).collect();
    assert_eq!(failed, [true, false, true]);
    let table = model.results().to_string();
    assert!(table.contains("failed") && table.contains("first failure: parameter `shift`"), "{table}");

    let all = GridSearch::new(grid!(Mean::new(), shift: [-9.0, 9.0])).scoring(score).fit(&data);
    match all {
        Err(Error::Search { what }) => {
            assert!(what.contains("all 2") && what.contains("`shift`") && what.contains("-9"), "{what}")
        }
        other => panic!("{other:?}"),
    }
    let none = GridSearch::new(Vec::<Mean>::new()).scoring(score).fit(&data);
    assert!(matches!(none, Err(Error::Parameter { name, .. }) if name == "candidates"));
    let too_many = GridSearch::new([Mean::new()]).cv(KFold::new(7)).scoring(score).fit(&data);
    assert!(matches!(too_many, Err(Error::Parameter { name, .. }) if name == "n_splits"));
}

#[test]
fn infinite_scores_are_ranked_last_and_printed_as_such() {
    let data = numbers();
    // The logarithm of the share of rows that are met; some folds of some candidates have none.
    let met = |t: &ArrayRef1<f64>, p: &ArrayRef1<f64>| {
        Ok((t.iter().zip(p).filter(|(t, p)| (*t - *p).abs() < 2.0).count() as f64 / t.len() as f64).ln())
    };
    let folds = KFold::new(2);
    let search = GridSearch::new(grid!(Mean::new(), shift: [5.0, -2.0])).cv(folds).scoring(named("met", met));
    let results = search.evaluate(&data).unwrap();
    let outcome = |i: usize| results.trials()[i].outcome.as_ref().unwrap();
    assert_eq!((results.best_index(), outcome(0).mean()), (0, f64::NEG_INFINITY));
    assert_eq!(outcome(0).std(), f64::INFINITY);
    let table = results.to_string();
    assert!(table.contains("-inf in 2 of 2 folds") && !table.contains("NaN"), "{table}");
    assert!(outcome(1).to_string().starts_with("met -inf in "), "{}", outcome(1));
    let both_ends = |_: &ArrayRef1<f64>, p: &ArrayRef1<f64>| {
        Ok(if p[0] > 4.0 { f64::INFINITY } else { f64::NEG_INFINITY })
    };
    let scores = cross_validate(&Mean::new(), &data, &KFold::new(2), both_ends).unwrap();
    assert_eq!(scores.to_string().split(" (").next(), Some("score infinite in 2 of 2 folds"));
}

#[test]
fn a_fold_of_one_row_says_what_to_do() {
    let data = numbers();
    let few = GridSearch::new([Mean::new()]).scoring(r2).fit(&data);
    assert!(few.is_err_and(|e| e.to_string().contains("one of 6 rows: use at most 3 folds")));
    assert!(cross_val_score(&Mean::new(), &data, &KFold::new(3), r2).is_ok());
}

#[test]
fn candidates_that_share_work_are_fitted_together() {
    let data = numbers();
    let score = lower_is_better(mean_squared_error);
    let before = TOGETHER.load(Ordering::Relaxed);
    let shared = GridSearch::new(grid!(Together::new(), shift: [0.0, 1.0, 2.0]))
        .scoring(score)
        .evaluate(&data)
        .unwrap();
    assert_eq!(TOGETHER.load(Ordering::Relaxed) - before, 5);
    let alone =
        GridSearch::new(grid!(Mean::new(), shift: [0.0, 1.0, 2.0])).scoring(score).evaluate(&data).unwrap();
    for (a, b) in shared.trials().iter().zip(alone.trials()) {
        assert_eq!(a.outcome.as_ref().unwrap().scores(), b.outcome.as_ref().unwrap().scores());
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let data = numbers();
    let scores = || {
        let grid = grid!(Mean::new(), shift: (-3..3).map(f64::from));
        let search = GridSearch::new(grid).scoring(lower_is_better(mean_squared_error)).fit(&data).unwrap();
        let bits = |t: &Trial| {
            t.outcome.as_ref().unwrap().scores().into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let predicted = cross_val_predict(&Mean::new(), &data, &KFold::new(3)).unwrap().mapv(f64::to_bits);
        (search.results().ranked().map(bits).collect::<Vec<_>>(), predicted)
    };
    let once = estimand_par::with_threads(1, scores).unwrap();
    for threads in [2, 7] {
        assert_eq!(estimand_par::with_threads(threads, scores).unwrap(), once);
    }
}

#[test]
fn out_of_fold_predictions_stand_in_the_order_of_rows() {
    let predicted = cross_val_predict(&Mean::new(), &numbers(), &KFold::new(3)).unwrap();
    assert_eq!(predicted, array![5.25, 5.25, 4.25, 4.25, 2.5, 2.5]);
    let shuffled = KFold::new(4).shuffle(true).seed(3);
    let predicted = cross_val_predict(&Threshold::new(), &labels(), &shuffled).unwrap();
    assert_eq!(predicted, labels().y);
    for cv in [
        Predefined::by_row(&[Some(0), Some(0), Some(1), Some(1), Some(1), None]),
        Predefined(vec![KFold::new(2).split_rows(6).unwrap(); 2].concat()),
    ] {
        let refused = cross_val_predict(&Mean::new(), &numbers(), &cv);
        assert!(matches!(refused, Err(Error::Parameter { name, .. }) if name == "cv"));
    }

    // A fold without rows of "c" knows two classes only.
    let x = Array2::from_shape_fn((6, 1), |(i, _)| i as f64);
    let y = array!["a", "b", "a", "b", "c", "c"];
    let cv = Predefined::by_row(&[Some(0), Some(1), Some(1), Some(0), Some(2), Some(2)]);
    let (probabilities, classes) = cross_val_predict_proba(&Three, (&x, &y), &cv).unwrap();
    assert_eq!(classes, ["a", "b", "c"]);
    assert_eq!(probabilities.row(0), array![0.25, 0.25, 0.5]);
    assert_eq!(probabilities.row(5), array![0.5, 0.5, 0.0]);
}

/// Predicts the shares of the classes.
#[derive(Clone)]
struct Three;
struct Shares(Array1<f64>);
impl Describe for Three {
    fn name(&self) -> String {
        "Three".into()
    }
    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}
impl FitClasses for Three {
    type Model<F: Float> = Shares;
    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Shares> {
        let Samples { y, .. } = samples;
        let mut shares = Array1::zeros(y.k);
        y.y.iter().for_each(|c| shares[*c as usize] += 1.0 / y.y.len() as f64);
        Ok(Shares(shares))
    }
}
impl<F: Float> Scores<F> for Shares {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.probabilities(x)
    }
    fn scores_one(&self, _: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.extend(self.0.iter().map(|s| F::of(*s)));
        Ok(())
    }
}
impl<F: Float> Probabilities<F> for Shares {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(Array2::from_shape_fn((x.nrows(), self.0.len()), |(_, j)| F::of(self.0[j])))
    }
}

/// Two steps, as pipelines have them.
#[derive(Clone, Debug, PartialEq)]
struct Two<A, B>(A, B);
impl<A, B> Two<A, B> {
    fn map_first<C>(self, change: impl FnOnce(A) -> C) -> Two<C, B> {
        Two(change(self.0), self.1)
    }
    fn map_last<C>(self, change: impl FnOnce(B) -> C) -> Two<A, C> {
        Two(self.0, change(self.1))
    }
}

#[test]
fn grids_reach_into_pipelines() {
    let base = Two(Two(Mean::new(), Threshold::new()), Mean::new());
    let grid =
        grid!(base, last.shift: [1.0, 2.0], first.last.at: vec![0.1], first.first.label: [None, Some(3)],);
    let expected =
        |shift, label| Two(Two(Mean::new().label(label), Threshold::new().at(0.1)), Mean::new().shift(shift));
    assert_eq!(
        grid,
        [expected(1.0, None), expected(1.0, Some(3)), expected(2.0, None), expected(2.0, Some(3))]
    );
    assert_eq!(grid!(Mean::new()), [Mean::new()]);
}

#[test]
fn random_search_keeps_the_order_of_the_candidates() {
    let all = grid!(Mean::new(), shift: (0..50).map(f64::from));
    let some = GridSearch::new(all.clone()).sample(7, 3);
    assert_eq!(some.candidates().len(), 7);
    assert!(some.candidates().windows(2).all(|pair| pair[0].shift < pair[1].shift));
    assert_eq!(some.candidates(), GridSearch::new(all.clone()).sample(7, 3).candidates());
    assert_ne!(some.candidates(), GridSearch::new(all.clone()).sample(7, 4).candidates());
    assert_eq!(GridSearch::new(all.clone()).sample(99, 0).candidates(), all);
}

#[test]
fn splitting_a_data_set() {
    let (train, test) = train_test_split(&numbers(), 0.3, 1).unwrap();
    assert_eq!((train.nrows(), test.nrows()), (4, 2));
    let (_, test) = train_test_split_stratified(&labels(), 0.5, 1).unwrap();
    assert_eq!(test.y.iter().filter(|l| **l == "yes").count(), 3);
}
