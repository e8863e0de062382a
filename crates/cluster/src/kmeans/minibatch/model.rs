//! The fitted model.

use super::{Learner, MiniBatchKMeans};
use crate::kmeans::model::State;
use crate::kmeans::points::Centres;
use crate::kmeans::{KMeansModel, weights_of};
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    Error, Float, Matrix, PartialFit, Predict, PredictOne, Records, Result, Samples, Scratch, Transform,
    TransformOne,
};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A fitted [`MiniBatchKMeans`]: a [`KMeansModel`] that goes on learning. After [`partial_fit`](PartialFit::partial_fit), labels and
/// inertia are those of the last batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MiniBatchKMeansModel<F: Float> {
    pub(super) model: KMeansModel<F>,
    pub(super) settings: MiniBatchKMeans,
    pub(super) counts: Vec<f64>,
    pub(super) batches: u64,
    pub(super) since: usize,
}

impl<F: Float> PartialFit<F, ()> for MiniBatchKMeansModel<F> {
    /// One step with these rows as a batch.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, ()>) -> Result<()> {
        batch.check()?;
        let points = self.model.points(batch.x)?;
        let (weights, _) = weights_of(&batch, 0)?;
        let centers = self.model.centers().iter().map(|c| c.f64()).collect();
        let mut learner = Learner {
            centres: Centres::new(centers, points.origin()),
            counts: self.counts.clone(),
            batches: self.batches,
            since: self.since,
        };
        let done = self.settings.step(&mut learner, &points, &weights);
        let mut state = State::from(self.model.clone());
        if !learner.centres.of::<F>().iter().all(|c| c.is_finite()) {
            return Err(Error::numerical(
                "squared distances leave the range of f64; scale the columns first",
            ));
        }
        state.centers = learner.centres.of();
        state.labels = done.labels.iter().map(|c| *c as usize).collect();
        state.inertia = done.inertia;
        self.model = KMeansModel::new(state);
        (self.counts, self.batches, self.since) = (learner.counts, learner.batches, learner.since);
        Ok(())
    }
}

impl<F: Float> MiniBatchKMeansModel<F> {
    /// N, the weight of the rows that each centre is the mean of, k.
    pub fn counts(&self) -> Array1<f64> {
        self.counts.clone().into()
    }
}

impl<F: Float> Deref for MiniBatchKMeansModel<F> {
    type Target = KMeansModel<F>;
    fn deref(&self) -> &KMeansModel<F> {
        &self.model
    }
}

impl<F: Float> Predict<F> for MiniBatchKMeansModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        self.model.predict_records(x)
    }
}

impl<F: Float> PredictOne<F> for MiniBatchKMeansModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<usize> {
        self.model.predict_one(row, scratch)
    }
}

/// Distances to the centres, n × k.
impl<F: Float> Transform<F> for MiniBatchKMeansModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.model.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.counts.len()).map(|c| format!("minibatchkmeans{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for MiniBatchKMeansModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.transform_one(row, out, scratch)
    }
}

estimand_core::persist!(MiniBatchKMeansModel<F>, |model| {
    check_len("counts", model.model.centers().nrows(), model.counts.len())?;
    match model.counts.iter().all(|n| n.is_finite() && *n >= 0.0) {
        true => Ok(()),
        false => Err(Error::Persist { what: "counts cannot be used".into() }),
    }
});
