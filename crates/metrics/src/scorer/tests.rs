//! What scorers measure of a model that knows the classes' scores by heart.

use super::*;
use crate::{Average, Multiclass, accuracy, mean_squared_error, r2};
use estimand_core::Records;
use ndarray::array;

/// The first column is the decision value, the probabilities are its logistic function.
struct Given;
const CLASSES: [&str; 2] = ["no", "yes"];
impl Predict<f64> for Given {
    type Output = Array1<&'static str>;
    fn predict_records(&self, x: Records<'_, f64>) -> Result<Self::Output> {
        Ok(self.decision_records(x)?.column(0).mapv(|v| CLASSES[usize::from(v > 0.0)]))
    }
}
impl PredictProba<f64> for Given {
    fn predict_proba_records(&self, x: Records<'_, f64>) -> Result<Array2<f64>> {
        let p = self.decision_records(x)?.mapv(|v| 1.0 / (1.0 + (-v).exp()));
        Ok(ndarray::concatenate![ndarray::Axis(1), 1.0 - &p, p])
    }
}
impl Classes for Given {
    type Label = &'static str;
    fn classes(&self) -> &[&'static str] {
        &CLASSES
    }
}
impl Decide<f64> for Given {
    fn decision_records(&self, x: Records<'_, f64>) -> Result<Array2<f64>> {
        Ok(x.dense("Given")?.to_owned())
    }
}

fn score<S: Scorer<f64, Array1<&'static str>, Given>>(scorer: S) -> (f64, Option<f64>, String) {
    let x = array![[1.0], [-1.0], [0.5], [2.0]];
    let y = array!["yes", "no", "no", "yes"];
    let w = array![1.0, 1.0, 2.0, 1.0];
    let samples = Samples::from((&x, &y)).with_weights(&w);
    let Measured { value, perfect } = scorer.measure(&Given, samples).unwrap();
    assert_eq!(scorer.score(&Given, samples), Ok(value));
    (value, perfect, scorer.name())
}

#[test]
fn each_scorer_measures_what_it_says() {
    assert_eq!(score(accuracy), (0.75, Some(1.0), "accuracy".into()));
    assert_eq!(score(weighted(crate::weighted::accuracy)), (0.6, Some(1.0), "weighted accuracy".into()));
    assert_eq!(score(lower_is_better(crate::zero_one_loss)), (-0.25, Some(0.0), "-zero_one_loss".into()));
    assert_eq!(score(named("mine", accuracy)), (0.75, Some(1.0), "mine".into()));
    let closure = |t: &ArrayRef1<&'static str>, p: &ArrayRef1<&'static str>| accuracy(t, p);
    assert_eq!(score(closure), (0.75, Some(1.0), "score".into()));
    let (value, _, name) = score(scorers::f1(Average::Binary { positive: "yes" }));
    assert_eq!((value, name.as_str()), (0.8, "f1 (yes)"));
    // Both rows of "yes" stand above both others.
    assert_eq!(score(scorers::roc_auc()), (1.0, Some(1.0), "roc_auc".into()));
    assert_eq!(score(scorers::average_precision()), (1.0, Some(1.0), "average_precision".into()));
    let both = scorers::roc_auc_multiclass(Multiclass::OneVersusOne, Average::Macro);
    assert_eq!(score(both), (1.0, Some(1.0), "roc_auc_multiclass".into()));
    let (value, perfect, name) = score(scorers::log_loss());
    let cost = |v: f64| (1.0 + (-v).exp()).ln();
    crate::data::close(value, -(2.0 * cost(1.0) + cost(-0.5) + cost(2.0)) / 4.0);
    assert_eq!((perfect, name.as_str()), (Some(0.0), "-log_loss"));
}

#[test]
fn rounding_makes_no_loss_of_a_score_and_a_loss_is_no_score() {
    let samples_x = array![[1.0], [-1.0], [0.5], [2.0]];
    let y = array!["yes", "no", "no", "yes"];
    let score = |perfect: f64, value: f64| {
        let scorer = move |t: &ArrayRef1<&'static str>, p: &ArrayRef1<&'static str>| {
            Ok(if t == p { perfect } else { value })
        };
        Scorer::<f64, Array1<&'static str>, Given>::score(&scorer, &Given, (&samples_x, &y).into())
    };
    assert_eq!(score(1.0, 1.0 + 1e-12), Ok(1.0 + 1e-12));
    for (perfect, value) in [(1.0, 1.0 + 1e-6), (0.0, 1e-20), (0.0, f64::INFINITY)] {
        assert!(score(perfect, value).is_err_and(|e| e.to_string().contains("lower_is_better")));
    }
}

#[test]
fn functions_have_names() {
    fn name<S>(_: S) -> String {
        function_name::<S>()
    }
    assert_eq!(name(accuracy::<usize>), "accuracy");
    assert_eq!(name(r2::<f64, ndarray::Ix1>), "r2");
    assert_eq!(name(mean_squared_error::<f32, ndarray::Ix2> as fn(&_, &_) -> _), "score");
}
