//! The fitted model.

use crate::mixture::GaussianMixtureModel;
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    Float, Matrix, Predict, PredictOne, PredictProba, Records, Result, Scratch, Transform, TransformOne,
};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A fitted [`BayesianGaussianMixture`](crate::BayesianGaussianMixture): a [`GaussianMixtureModel`](crate::GaussianMixtureModel) of the expected parameters, whose densities are those of (2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct BayesianGaussianMixtureModel<F: Float> {
    pub(super) model: GaussianMixtureModel<F>,
    pub(super) concentration: Vec<[f64; 2]>,
    pub(super) precision: Vec<f64>,
    pub(super) freedom: Vec<f64>,
}

impl<F: Float> BayesianGaussianMixtureModel<F> {
    /// γ of each component: for stick-breaking the two numbers of each break, else one and 0.
    pub fn weight_concentration(&self) -> &[[f64; 2]] {
        &self.concentration
    }

    /// β, k
    pub fn mean_precision(&self) -> &[f64] {
        &self.precision
    }

    /// ν, k; all the same for tied matrices.
    pub fn degrees_of_freedom(&self) -> &[f64] {
        &self.freedom
    }
}

impl<F: Float> Deref for BayesianGaussianMixtureModel<F> {
    type Target = GaussianMixtureModel<F>;
    fn deref(&self) -> &GaussianMixtureModel<F> {
        &self.model
    }
}

/// The component with the largest r.
impl<F: Float> Predict<F> for BayesianGaussianMixtureModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        self.model.predict_records(x)
    }
}

impl<F: Float> PredictOne<F> for BayesianGaussianMixtureModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<usize> {
        self.model.predict_one(row, scratch)
    }
}

/// Responsibilities r, n × k.
impl<F: Float> PredictProba<F> for BayesianGaussianMixtureModel<F> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.predict_proba_records(x)
    }
}

/// Responsibilities r, n × k.
impl<F: Float> Transform<F> for BayesianGaussianMixtureModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.model.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.precision.len()).map(|c| format!("bayesiangaussianmixture{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for BayesianGaussianMixtureModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.transform_one(row, out, scratch)
    }
}

estimand_core::persist!(BayesianGaussianMixtureModel<F>, |model| {
    let k = model.model.weights().len();
    check_len("weight concentrations", k, model.concentration.len())?;
    check_len("mean precisions", k, model.precision.len())?;
    check_len("degrees of freedom", k, model.freedom.len())
});
