//! The traits carry the usage they promise: every form of input, labels of any type, typed pipelines,
//! boxed estimators. The estimators here are the smallest that could be called so.

use estimand_compose::Then;
use estimand_core::{
    Boxed, ClassCodes, Classifier, Csr, Dataset, Error, Features, Fit, FitClasses, Float, Matrix, Predict,
    PredictOne, Records, Result, Samples, Scores, Scratch, Target, Transform, TransformOne, records::AsGiven,
};
use ndarray::{Array1, Array2, ArrayView1, Axis, array, s};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};

estimand_core::params! {
    /// Predicts a multiple of the mean.
    struct Mean {
        /// The multiple.
        factor: f64 = 1.0, estimand_core::describe::at_least(0.0);
    }
    accepts: sparse, weights;
}
#[derive(Debug, PartialEq)]
struct MeanModel<F>(F);

impl<F: Float> Fit<F, Array1<F>> for Mean {
    type Model = MeanModel<F>;
    fn fit_samples(&self, s: Samples<'_, F, Array1<F>>) -> Result<MeanModel<F>> {
        s.check()?;
        let w = s.weights.map_or_else(|| Array1::ones(s.nrows()), |w| w.to_owned());
        Ok(MeanModel(F::of(self.factor) * (&w * &s.y).sum() / w.sum()))
    }
}
impl<F: Float> Predict<F> for MeanModel<F> {
    type Output = Array1<F>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(Array1::from_elem(x.nrows(), self.0))
    }
}

estimand_core::params! {
    /// Subtracts the column means.
    struct Centre {
        /// Fails where set.
        broken: bool = false;
    }
    accepts: ;
}
/// How often `Centre` was fitted to records of 5 columns.
static FITS: AtomicUsize = AtomicUsize::new(0);
#[derive(Clone)]
struct Centred<F>(Array1<F>, Features);

impl<F: Float, Y: Target> Fit<F, Y> for Centre {
    type Model = Centred<F>;
    fn fit_samples(&self, s: Samples<'_, F, Y>) -> Result<Centred<F>> {
        let x = s.x.dense("Centre")?;
        FITS.fetch_add(usize::from(x.ncols() == 5), Ordering::Relaxed);
        if self.broken {
            return Err(Error::numerical("broken"));
        }
        Ok(Centred(x.sum_axis(Axis(0)) / F::of(x.nrows() as f64), Features::of(s.x)))
    }
}
impl<F: Float> Transform<F> for Centred<F> {
    type Stored = AsGiven;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.1.check(x)?;
        Ok((&x.dense("Centre")? - &self.0).into())
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.1.names().map(<[String]>::to_vec)
    }
}
impl<F: Float> TransformOne<F> for Centred<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.clear();
        out.extend(row.iter().zip(&self.0).map(|(v, m)| *v - *m));
        Ok(())
    }
}

estimand_core::params! {
    /// Scores each class by the product with its mean record.
    struct NearestMean {}
    accepts: ;
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct Means<F>(Array2<F>);

impl FitClasses for NearestMean {
    type Model<F: Float> = Means<F>;
    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Means<F>> {
        let Samples { x, y, .. } = samples;
        let x = x.dense("NearestMean")?;
        let mut means = Array2::zeros((y.k, x.ncols()));
        for (row, code) in x.rows().into_iter().zip(y.y) {
            means.row_mut(*code as usize).scaled_add(F::one(), &row);
        }
        Ok(Means(means))
    }
}
impl<F: Float> Scores<F> for Means<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(x.dense("NearestMean")?.dot(&self.0.t()))
    }
    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.clear();
        out.extend(self.0.dot(&ArrayView1::from(row)));
        Ok(())
    }
}

#[test]
fn every_form_of_input() -> Result<()> {
    let x = array![[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0]];
    let y = array![1.0, 2.0, 3.0, 4.0];
    let w = array![1.0, 0.0, 1.0, 0.0];
    let predict_first = |m: &MeanModel<f64>| m.predict(&x).map(|p| p[0]);
    assert_eq!(predict_first(&Mean::new().fit((&x, &y))?)?, 2.5);
    assert_eq!(predict_first(&Mean::new().factor(2.0).fit((&x, &y, &w))?)?, 4.0);
    assert_eq!(predict_first(&Mean::new().fit((x.slice(s![..2, ..]), y.slice(s![..2])))?)?, 1.5);
    assert_eq!(predict_first(&Mean::new().fit((&x, &y.to_vec()))?)?, 2.5);
    assert_eq!(predict_first(&Mean::new().fit((&Csr::from_dense(x.view()), &y))?)?, 2.5);
    let data = Dataset::new(x.clone(), y.clone()).with_weights(w);
    assert_eq!(predict_first(&Mean::new().fit(&data)?)?, 2.0);
    let narrow = Mean::new().fit((&x.mapv(|v| v as f32), &y.mapv(|v| v as f32)))?;
    assert_eq!(narrow.predict(&x.mapv(|v| v as f32))?, Array1::from_elem(4, 2.5_f32));
    Ok(())
}

#[test]
fn labels_of_any_type_and_typed_pipelines() -> Result<()> {
    let x = array![[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0]];
    let words: Vec<String> = ["b", "a", "b", "a"].map(String::from).to_vec();
    let pipeline = Centre::new().then(Centre::new()).then(NearestMean::new());
    let model = pipeline.fit((&x, &words))?;
    assert_eq!(model.predict(&x)?.to_vec(), words);
    assert_eq!(model.last().classes(), ["a", "b"]);
    let mut scratch = Scratch::new();
    assert_eq!(model.predict_one(&[0.0, 5.0], &mut scratch)?, "a");
    let model: Classifier<Means<f64>, bool> = NearestMean::new().fit((&x, &[true, false, true, false]))?;
    assert_eq!(model.predict(x.view())?, array![true, false, true, false]);
    let z: Array2<f64> = Centre::new().then(Centre::new()).fit(&x)?.transform(&x)?;
    assert!(z.sum().abs() < 1e-12);
    Ok(())
}

#[test]
fn boxed_estimators_of_different_types() -> Result<()> {
    let x = array![[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0]];
    let y = array![1, 0, 1, 0];
    let members: Vec<Boxed<f64, Array1<i32>>> =
        vec![Boxed::new(NearestMean::new()), Boxed::new(Centre::new().then(NearestMean::new()))];
    for member in &members {
        assert_eq!(member.clone().fit((&x, &y))?.predict(&x)?, y);
    }
    Ok(())
}

#[test]
fn a_class_of_weight_zero_is_absent() -> Result<()> {
    let x = array![[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0], [9.0, 9.0]];
    let model = NearestMean::new().fit((&x, &[1, 0, 1, 0, 7], &array![1.0, 1.0, 1.0, 1.0, 0.0]))?;
    assert_eq!(model.classes(), [0, 1]);
    let one = NearestMean::new().fit((&x, &[1, 0, 1, 0, 7], &array![1.0, 0.0, 1.0, 0.0, 0.0]));
    assert!(one.is_err_and(|e| e.to_string().contains("at least two classes")));
    Ok(())
}

#[test]
fn candidates_that_differ_in_later_steps_share_the_earlier_ones() {
    let x = Array2::from_shape_fn((6, 5), |(i, j)| (i * j % 4) as f64);
    let y = Array1::from_shape_fn(6, |i| i as f64);
    let step = |broken| Centre::new().broken(broken);
    let of = |broken, factor| step(false).then(step(broken)).then(Mean::new().factor(factor));
    let candidates =
        [of(false, 1.0), of(true, 1.0), of(false, 2.0), of(false, -1.0), of(true, 3.0), of(false, 4.0)];
    FITS.store(0, Ordering::Relaxed);
    let models = Fit::<f64, _>::fit_many(&candidates.each_ref(), (&x, &y).into());
    // The step that all have in common, and both of the second ones.
    assert_eq!(FITS.load(Ordering::Relaxed), 3);
    assert_eq!(models.len(), candidates.len());
    for (candidate, model) in candidates.iter().zip(models) {
        let alone = candidate.fit((&x, &y));
        assert_eq!(alone.map(|m| m.last().0), model.map(|m| m.last().0));
    }
}
