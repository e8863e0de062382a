#![allow(unreachable_pub, reason = "`params!` makes public types")]

use super::maps::{Maps, sigmoid};
use super::*;
use estimand_core::{
    ClassCodes, Features, FitClasses, Persist, Predict, PredictProba, Scores, Scratch,
    split::{KFold, StratifiedKFold},
};
use estimand_metrics::{brier_score, log_loss};
use ndarray::{Axis, array};

estimand_core::params! {
    /// Decides by columns: of two classes by the first one, else by one for each.
    pub struct Columns {
        /// What decisions are multiplied by.
        scale: f64 = 1.0;
    }
    accepts: weights;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnsModel<F> {
    scale: F,
    columns: usize,
    features: Features,
}

impl FitClasses for Columns {
    type Model<F: Float> = ColumnsModel<F>;
    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<ColumnsModel<F>> {
        let columns = if samples.y.k == 2 { 1 } else { samples.y.k };
        Ok(ColumnsModel { scale: F::of(self.scale), columns, features: Features::of(samples.x) })
    }
}
impl<F: Float> Scores<F> for ColumnsModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.features.check(x)?;
        let x = x.dense("Columns")?;
        Ok(Array2::from_shape_fn((x.nrows(), self.columns), |at| x[at] * self.scale))
    }
    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.clear();
        out.extend(row[..self.columns].iter().map(|v| *v * self.scale));
        Ok(())
    }
}
estimand_core::persist!(ColumnsModel<F>);

/// Decisions s of k columns, and labels drawn with logits 2s − 1 of the own column: overconfident in no simple way.
fn problem(n: usize, k: usize) -> (Array2<f64>, Array1<String>) {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    };
    let columns = if k == 2 { 1 } else { k };
    let x = Array2::from_shape_fn((n, columns), |_| 4.0 * uniform() - 2.0);
    let y = x.rows().into_iter().map(|row| {
        let weights: Vec<f64> = match k {
            2 => vec![1.0, (2.0 * row[0] - 1.0).exp()],
            _ => row.iter().map(|s| (2.0 * s).exp()).collect(),
        };
        let mut at = uniform() * weights.iter().sum::<f64>();
        let chosen = weights.iter().position(|w| {
            at -= w;
            at < 0.0
        });
        format!("class {}", chosen.unwrap_or(k - 1))
    });
    let y = y.collect();
    (x, y)
}

const METHODS: [CalibrationMethod; 3] =
    [CalibrationMethod::Sigmoid, CalibrationMethod::Isotonic, CalibrationMethod::Temperature];

#[test]
fn libsvm_says_the_same() {
    // scikit-learn's test, computed by libsvm: sigmoid_train of deci {5, −4, 1}, labels {1, −1, −1}.
    let rows = [(5.0, true, 1.0), (-4.0, false, 1.0), (1.0, false, 1.0)];
    let (a, b) = sigmoid(&rows);
    // libsvm stops at a gradient of 1e-5.
    assert!((a + 0.20261354391187855).abs() < 1e-5 && (b - 0.6523631498001051).abs() < 1e-5, "{a} {b}");
    // The unit of decisions does not matter, however large.
    let far = rows.map(|(s, own, w)| (s * 1e200, own, w));
    assert!((sigmoid(&far).0 * 1e200 - a).abs() < 1e-9);
    let weighted: Vec<_> = rows.iter().map(|(s, own, w)| (*s, *own, 2.0 * w)).collect();
    let (c, d) = sigmoid(&weighted);
    let twice = sigmoid(&[rows, rows].concat());
    assert!((c - twice.0).abs() < 1e-8 && (d - twice.1).abs() < 1e-8);
}

#[test]
fn degenerate_decisions_end() {
    for s in [[0.0; 4], [3.0; 4], [-1e300, 1e300, -1e300, 1e300]] {
        let decisions = Array2::from_shape_fn((4, 1), |(i, _)| s[i]);
        for method in METHODS {
            for codes in [[0, 1, 0, 1], [1, 1, 1, 1]] {
                let maps = Maps::new(method, &decisions, &codes, &[1.0; 4], 2).unwrap();
                let mut p = [0.0; 2];
                s.iter().for_each(|s| {
                    maps.apply(&[*s], &mut p);
                    assert!(
                        (p[0] + p[1] - 1.0).abs() < 1e-12 && p[0] >= 0.0 && p[1] >= 0.0,
                        "{method:?} {p:?}"
                    );
                });
            }
        }
    }
}

#[test]
fn isotonic_is_the_closest_rising_function() {
    let decisions = array![[1.0], [2.0], [3.0], [4.0], [4.0]];
    let maps =
        Maps::new(CalibrationMethod::Isotonic, &decisions, &[0, 1, 0, 1, 1], &[1.0, 1.0, 3.0, 1.0, 2.0], 2)
            .unwrap();
    let p = |s: f64| {
        let mut out = [0.0; 2];
        maps.apply(&[s], &mut out);
        out[1]
    };
    assert_eq!([0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 9.0].map(p), [0.0, 0.0, 0.25, 0.25, 0.25, 1.0, 1.0]);
    assert!((p(1.5) - 0.125).abs() < 1e-15 && (p(3.5) - 0.625).abs() < 1e-15);
}

#[test]
fn the_temperature_is_the_most_likely_one() {
    for k in [2, 4] {
        let (x, y) = problem(2000, k);
        let codes: Vec<u32> = y.iter().map(|y| y[6..].parse().unwrap()).collect();
        let loss = |beta: f64| {
            x.rows()
                .into_iter()
                .zip(&codes)
                .map(|(row, code)| {
                    let logits: Vec<f64> = if k == 2 { vec![-row[0], row[0]] } else { row.to_vec() };
                    logits.iter().map(|z| (beta * z).exp()).sum::<f64>().ln() - beta * logits[*code as usize]
                })
                .sum::<f64>()
        };
        let Maps::Temperature(beta) =
            Maps::new(CalibrationMethod::Temperature, &x, &codes, &vec![1.0; 2000], k).unwrap()
        else {
            panic!("another method");
        };
        assert!(loss(beta) < loss(beta * 1.001) && loss(beta) < loss(beta * 0.999), "{beta}");
        if k == 4 {
            // Labels were drawn with β = 2; two deviations of 2000 rows.
            assert!((beta - 2.0).abs() < 0.15, "{beta}");
        }
    }
}

#[test]
fn calibrated_probabilities_are_better_and_saved() {
    for k in [2, 3] {
        let ((x, y), (new, truth)) = (problem(3000, k), problem(3500, k));
        let (new, truth) =
            (new.slice(ndarray::s![3000.., ..]).to_owned(), truth.slice(ndarray::s![3000..]).to_owned());
        for method in METHODS {
            for ensemble in [false, true] {
                let settings =
                    CalibratedClassifier::new(Columns::new().scale(10.0)).method(method).ensemble(ensemble);
                let model = settings.fit((&x, &y)).unwrap();
                assert_eq!(model.models().count(), if ensemble { 5 } else { 1 });
                let p = model.predict_proba(&new).unwrap();
                assert!(p.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
                let loss = brier_score(&truth, &p, model.classes()).unwrap();
                let flat = Array2::from_elem(p.raw_dim(), 1.0 / k as f64);
                assert!(
                    loss < 0.8 * brier_score(&truth, &flat, model.classes()).unwrap(),
                    "{method:?} {loss}"
                );
                assert!(log_loss(&truth, &p, model.classes()).unwrap() < (k as f64).ln());
                let read = CalibratedModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
                assert_eq!(read, model);
                assert_eq!(read.predict(&new).unwrap(), model.predict(&new).unwrap());
                let decided = model.decision_function(&new).unwrap();
                assert_eq!(decided.ncols(), if k == 2 { 1 } else { k });
                let threads = estimand_par::with_threads(3, || settings.fit((&x, &y)).unwrap()).unwrap();
                assert_eq!(threads, model);
            }
        }
    }
}

#[test]
fn a_model_that_exists_is_calibrated_by_rows_it_has_not_seen() {
    let (x, y) = problem(1000, 2);
    let model = Columns::new().fit((&x, &y)).unwrap();
    let weights: Array1<f64> = (0..1000).map(|i| f64::from(u8::from(i % 2 == 0))).collect();
    let held = Samples::<f64, Array1<String>>::from((&x, &y)).with_weights(&weights);
    let calibrated = CalibratedModel::calibrate(model.clone(), CalibrationMethod::Sigmoid, held).unwrap();
    let half: Vec<usize> = (0..1000).step_by(2).collect();
    let (xh, yh) = (x.select(Axis(0), &half), y.select(Axis(0), &half));
    let again = CalibratedModel::calibrate(model.clone(), CalibrationMethod::Sigmoid, (&xh, &yh)).unwrap();
    assert_eq!(calibrated, again);
    let (a, b) = again.sigmoids()[0][0];
    // Labels were drawn with logits 2s − 1.
    assert!((a + 2.0).abs() < 0.5 && (b - 1.0).abs() < 0.5, "{a} {b}");
    let strange = yh.mapv(|y| format!("other {y}"));
    assert!(CalibratedModel::calibrate(model, CalibrationMethod::Sigmoid, (&xh, &strange)).is_err());
}

#[test]
fn weights_count_and_folds_must_hold_all_classes() {
    let (x, y) = problem(400, 2);
    let mut weights = Array1::from_elem(400, 1.0);
    weights.slice_mut(ndarray::s![300..]).fill(0.0);
    let settings = CalibratedClassifier::new(Columns::new());
    let some = settings.fit(Samples::<f64, Array1<String>>::from((&x, &y)).with_weights(&weights)).unwrap();
    let (xs, ys) = (x.slice(ndarray::s![..300, ..]), y.slice(ndarray::s![..300]));
    assert_eq!(some, settings.fit((xs, ys)).unwrap());
    // All rows of one class in one fold.
    let (x, y) = (array![[1.0], [2.0], [3.0], [4.0]], array!["a", "a", "b", "b"]);
    let message = settings.clone().cv(KFold::new(2)).fit((&x, &y)).unwrap_err().to_string();
    assert!(message.contains("class"), "{message}");
    assert!(settings.clone().cv(StratifiedKFold::new(2)).fit((&x, &y)).is_ok());
    assert!(settings.parameters().iter().any(|p| p.name == "estimator.scale"));
    assert_eq!(settings.name(), "CalibratedClassifier<Columns>");
}
