//! The best model of a search.

use super::SearchResults;
use crate::validate::CrossValidation;
use estimand_core::{
    Classes, Decide, DecideOne, Float, InverseTransform, Matrix, Persist, Predict, PredictOne, PredictProba,
    Records, Result, Scratch, Transform, TransformOne,
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// The best candidate, fitted on all rows, and what the search found out. It does what the model does:
/// predicts, transforms, is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchModel<M> {
    best: M,
    results: SearchResults,
    refit_seconds: f64,
}

impl<M> SearchModel<M> {
    pub(super) fn new(best: M, results: SearchResults, refit_seconds: f64) -> Self {
        Self { best, results, refit_seconds }
    }

    /// The best candidate's model, fitted on all rows.
    pub fn best(&self) -> &M {
        &self.best
    }

    /// The best candidate, fitted on all samples, without the search around it.
    pub fn into_best(self) -> M {
        self.best
    }

    /// The mean score of the best candidate over the folds.
    pub fn best_score(&self) -> f64 {
        self.results.best().mean()
    }

    /// The scores of the best candidate on each fold.
    pub fn best_scores(&self) -> &CrossValidation {
        self.results.best()
    }

    /// The parameters in which the candidates differ, with their values in the best one.
    pub fn best_parameters(&self) -> Vec<(&str, &str)> {
        self.results.best_parameters()
    }

    /// Every candidate with its scores; prints as a table.
    pub fn results(&self) -> &SearchResults {
        &self.results
    }

    /// Seconds that fitting the best candidate on all rows took.
    pub fn refit_seconds(&self) -> f64 {
        self.refit_seconds
    }
}

impl<M> std::ops::Deref for SearchModel<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.best
    }
}

impl<F: Float, M: Predict<F>> Predict<F> for SearchModel<M> {
    type Output = M::Output;
    fn predict_records(&self, x: Records<'_, F>) -> Result<M::Output> {
        self.best.predict_records(x)
    }
}

impl<F: Float, M: PredictProba<F>> PredictProba<F> for SearchModel<M> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.best.predict_proba_records(x)
    }
}

impl<M: Classes> Classes for SearchModel<M> {
    type Label = M::Label;
    fn classes(&self) -> &[M::Label] {
        self.best.classes()
    }
}

impl<F: Float, M: Decide<F>> Decide<F> for SearchModel<M> {
    fn decision_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.best.decision_records(x)
    }
}

impl<F: Float, M: DecideOne<F>> DecideOne<F> for SearchModel<M> {
    fn decide_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.best.decide_one(row, out, scratch)
    }
}

impl<F: Float, M: Transform<F>> Transform<F> for SearchModel<M> {
    type Stored = M::Stored;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.best.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.best.feature_names_out()
    }
}

impl<F: Float, M: InverseTransform<F>> InverseTransform<F> for SearchModel<M> {
    fn inverse_transform_records(&self, z: Records<'_, F>) -> Result<Matrix<F>> {
        self.best.inverse_transform_records(z)
    }
}

impl<F: Float, M: PredictOne<F>> PredictOne<F> for SearchModel<M> {
    type One<'m>
        = M::One<'m>
    where
        M: 'm;
    fn predict_one<'m>(&'m self, row: &[F], scratch: &mut Scratch<F>) -> Result<M::One<'m>> {
        self.best.predict_one(row, scratch)
    }
}

impl<F: Float, M: TransformOne<F>> TransformOne<F> for SearchModel<M> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.best.transform_one(row, out, scratch)
    }
}

impl<M: Persist> Persist for SearchModel<M> {
    fn type_name() -> String {
        format!("SearchModel<{}>", M::type_name())
    }
    fn check_loaded(&self) -> Result<()> {
        self.results.check_loaded()?;
        self.best.check_loaded()
    }
}
