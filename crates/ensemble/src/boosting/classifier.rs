//! Classes.

use super::History;
use super::fit::{Target, fit};
use super::objective::Objective;
use super::settings::boosting_params;
use super::trees::{Trees, check_records, check_row};
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, ClassWeight, Features, FitClasses, Float, Probabilities, Records, Report, Result, Samples,
    Scores, Scratch,
};
use estimand_grow::Tree;
use estimand_loss::{Loss, Multinomial};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

boosting_params! {
    /// Gradient boosting on histograms, for classes: of two, one tree a round, of more, one for each class; see
    /// [the module](crate::boosting).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_ensemble::HistGradientBoostingClassifier;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((300, 1), |(i, _)| i as f64);
    /// let y: Array1<&str> = (0..300).map(|i| ["low", "middle", "high"][i / 100]).collect();
    /// let model = HistGradientBoostingClassifier::new().fit((&x, &y))?;
    /// assert_eq!(model.predict(&x)?, y);
    /// assert!(model.predict_proba(&x)?[[0, 1]] > 0.99); // classes are sorted: high, low, middle
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct HistGradientBoostingClassifier {
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
}

/// A fitted [`HistGradientBoostingClassifier`], which knows class codes only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct HistGradientBoostingClassifierModel<F> {
    features: Features,
    trees: Trees,
    history: History,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> HistGradientBoostingClassifierModel<F> {
    /// The trees, round after round: one a round for two classes, else one for each class.
    pub fn trees(&self) -> &[Tree] {
        &self.trees.trees
    }

    /// The constants that the trees are added to.
    pub fn constants(&self) -> &[f64] {
        &self.trees.constants
    }

    /// Mean losses by round.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Raw predictions.
    fn raw(&self, x: Records<'_, F>) -> Result<Array2<f64>> {
        check_records(&self.features, x)?;
        Ok(self.trees.raw(x, usize::MAX))
    }
}

impl FitClasses for HistGradientBoostingClassifier {
    type Model<F: Float> = HistGradientBoostingClassifierModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Self::Model<F>> {
        let (codes, k) = (samples.y.y, samples.y.k);
        let (objective, y) = match k {
            2 => {
                let y = codes.iter().map(|c| f64::from(*c)).collect();
                (Objective::Scalar(Loss::Binomial), Target::Numbers(y))
            }
            classes => (Objective::Multinomial(Multinomial { classes }), Target::Codes(codes.to_vec())),
        };
        let fitted = fit(&self.common(), &objective, samples.x, y, samples.weights, Some(codes))?;
        Ok(HistGradientBoostingClassifierModel {
            features: Features::of(samples.x),
            trees: fitted.trees,
            history: fitted.history,
            report: fitted.report,
            scalar: PhantomData,
        })
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl<F: Float> Scores<F> for HistGradientBoostingClassifierModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(self.raw(x)?.mapv(F::of))
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        check_row(&self.features, row)?;
        let k = self.trees.outputs();
        out.clear();
        for output in 0..k {
            out.push(F::of(self.trees.raw_output(row, output)));
        }
        Ok(())
    }
}

impl<F: Float> Probabilities<F> for HistGradientBoostingClassifierModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let mut raw = self.raw(x)?;
        let k = raw.ncols();
        if let Some(raw) = raw.as_slice_mut() {
            match k {
                1 => Loss::Binomial.mean(raw),
                classes => Multinomial { classes }.mean(raw),
            }
        }
        Ok(match k {
            1 => Array2::from_shape_fn((raw.nrows(), 2), |(i, j)| {
                F::of(if j == 0 { 1.0 - raw[[i, 0]] } else { raw[[i, 0]] })
            }),
            _ => raw.mapv(F::of),
        })
    }
}

estimand_core::persist!(
    HistGradientBoostingClassifierModel<F>,
    |model| {
        model.features.check_loaded()?;
        model.trees.check_loaded(model.features.count())
    },
    |model, k| check_len("constants", if k == 2 { 1 } else { k }, model.trees.outputs())
);
