//! The fitted model.

use super::assign::Assignment;
use super::points::{Centres, Points};
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    Error, Features, Float, Matrix, Predict, PredictOne, Records, Report, Result, Scratch, Transform,
    TransformOne,
};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// Centres, and the rows that were grouped around them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct KMeansModel<F: Float> {
    state: State<F>,
    centres: Centres,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub(super) struct State<F> {
    pub(super) centers: Array2<F>,
    /// Where products are taken from: the mean of the training rows.
    pub(super) origin: Vec<f64>,
    pub(super) labels: Array1<usize>,
    pub(super) inertia: f64,
    pub(super) features: Features,
    pub(super) report: Report,
}

impl<F: Float> From<KMeansModel<F>> for State<F> {
    fn from(model: KMeansModel<F>) -> Self {
        model.state
    }
}

impl<F: Float> TryFrom<State<F>> for KMeansModel<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let (k, p) = state.centers.dim();
        state.features.check_loaded()?;
        check_len("columns of the centres", state.features.count(), p)?;
        check_len("origin", p, state.origin.len())?;
        let is_usable = k > 0
            && state.centers.iter().all(|c| c.is_finite())
            && state.origin.iter().all(|m| m.is_finite())
            && state.labels.iter().all(|label| *label < k);
        match is_usable {
            true => Ok(Self::new(state)),
            false => Err(Error::Persist { what: "centres or labels cannot be used".into() }),
        }
    }
}

impl<F: Float> KMeansModel<F> {
    pub(super) fn new(state: State<F>) -> Self {
        let centres = Centres::new(state.centers.iter().map(|c| c.f64()).collect(), &state.origin);
        Self { state, centres }
    }

    /// The centres and the rows that are nearest to them, with no more ado.
    pub(crate) fn around(
        centers: Array2<F>,
        points: &Points<'_, F>,
        stored: &Centres,
        features: Features,
        report: Report,
    ) -> Self {
        let mut assignment = Assignment::new(points.count(), stored.count(), false);
        assignment.update(points, stored);
        let inertia = super::lloyd::inertia(points, &vec![1.0; points.count()], &assignment.labels, stored);
        Self::new(State {
            centers,
            origin: points.origin().to_vec(),
            labels: assignment.labels.iter().map(|c| *c as usize).collect(),
            inertia,
            features,
            report,
        })
    }

    /// Centres, k × p.
    pub fn centers(&self) -> &Array2<F> {
        &self.state.centers
    }

    /// The centre of each training row, n numbers below k: what `predict` says of the same rows.
    pub fn labels(&self) -> &Array1<usize> {
        &self.state.labels
    }

    /// Σ ωᵢ ‖xᵢ − c‖² over the training rows.
    pub fn inertia(&self) -> f64 {
        self.state.inertia
    }

    /// How the fit went: iterations and convergence of the best start, whose inertia is the objective.
    pub fn report(&self) -> &Report {
        &self.state.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }

    /// −Σ ‖xᵢ − c‖² over these rows, c the nearest centre: larger is better.
    ///
    /// # Errors
    /// As `predict`.
    pub fn score<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<f64>
    where
        F: 'a,
    {
        let x = x.into();
        let points = self.points(x)?;
        let labels = self.nearest(&points);
        let rows: Vec<usize> = (0..labels.len()).collect();
        Ok(-points.distances(&rows, &labels, &self.centres).iter().sum::<f64>())
    }

    pub(crate) fn points<'a>(&self, x: Records<'a, F>) -> Result<Points<'a, F>> {
        self.features().check(x)?;
        x.check_shape()?;
        x.check_finite()?;
        Ok(Points::about(x, self.state.origin.clone()))
    }

    fn nearest(&self, points: &Points<'_, F>) -> Vec<u32> {
        let mut assignment = Assignment::new(points.count(), self.centres.count(), false);
        assignment.update(points, &self.centres.about_origin_of(points));
        assignment.labels
    }

    pub(super) fn check_one(&self, row: &[F]) -> Result<()> {
        self.features().check_width(row.len())?;
        match ArrayView2::from_shape((1, row.len()), row) {
            Ok(row) => Records::from(row).check_finite(),
            Err(e) => Err(Error::numerical(e.to_string())),
        }
    }
}

impl<F: Float> Predict<F> for KMeansModel<F> {
    type Output = Array1<usize>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        Ok(self.nearest(&self.points(x)?).into_iter().map(|c| c as usize).collect())
    }
}

impl<F: Float> PredictOne<F> for KMeansModel<F> {
    type One<'m> = usize;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<usize> {
        self.check_one(row)?;
        let distances = (0..self.centres.count()).map(|c| self.centres.distance(row, c));
        Ok(super::points::least(distances))
    }
}

/// Distances to the centres, n × k.
impl<F: Float> Transform<F> for KMeansModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        let points = self.points(x)?;
        Ok(points.to_all(&self.centres).into())
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.centres.count()).map(|c| format!("kmeans{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for KMeansModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.check_one(row)?;
        out.clear();
        out.extend((0..self.centres.count()).map(|c| F::of(self.centres.distance(row, c).sqrt())));
        Ok(())
    }
}

estimand_core::persist!(KMeansModel<F>);
