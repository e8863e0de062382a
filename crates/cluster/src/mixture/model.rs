//! The fitted model.

use super::components::{Components, ROWS, Work};
use super::covariance::{Covariances, Density};
use crate::kmeans::points::Points;
use estimand_core::persist::check_len;
use estimand_core::random::{Seed, Stream};
use estimand_core::records::Dense;
use estimand_core::{
    Error, Features, Float, Matrix, Predict, PredictOne, PredictProba, Records, Report, Result, Scratch,
    Transform, TransformOne,
};
use estimand_linalg::Cholesky;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A fitted [`GaussianMixture`](super::GaussianMixture). It keeps `f64` parameters whatever the records are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct GaussianMixtureModel<F: Float> {
    state: State<F>,
    density: Density,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    components: Components,
    /// What stands in place of ln π in densities; nothing for ln π.
    logs: Vec<f64>,
    bounds: Vec<f64>,
    /// Where differences are taken from: the mean of the training rows.
    origin: Vec<f64>,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> From<GaussianMixtureModel<F>> for State<F> {
    fn from(model: GaussianMixtureModel<F>) -> Self {
        model.state
    }
}

impl<F: Float> TryFrom<State<F>> for GaussianMixtureModel<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let Components { weights, means, covariances } = &state.components;
        let (k, p) = means.dim();
        state.features.check_loaded()?;
        check_len("columns of the means", state.features.count(), p)?;
        check_len("weights", k, weights.len())?;
        check_len("origin", p, state.origin.len())?;
        covariances.check("covariances", covariances.kind(), k, p)?;
        let is_usable = k > 0
            && weights.iter().all(|w| w.is_finite() && *w >= 0.0)
            && means.iter().chain(&state.origin).all(|m| m.is_finite())
            && (state.logs.is_empty() || state.logs.len() == k)
            && !state.logs.iter().any(|log| log.is_nan());
        match is_usable {
            true => Ok(Self { density: density(&state.components, &state.logs, &state.origin)?, state }),
            false => Err(Error::Persist { what: "weights or means cannot be used".into() }),
        }
    }
}

fn density(components: &Components, logs: &[f64], origin: &[f64]) -> Result<Density> {
    if logs.is_empty() {
        Density::new(components, origin)
    } else {
        Density::with_logs(components, origin, logs)
    }
}

impl<F: Float> GaussianMixtureModel<F> {
    pub(super) fn new(
        components: Components,
        logs: Vec<f64>,
        bounds: Vec<f64>,
        origin: Vec<f64>,
        features: Features,
        report: Report,
    ) -> Result<Self> {
        Ok(Self {
            density: density(&components, &logs, &origin)?,
            state: State { components, logs, bounds, origin, features, report, scalar: PhantomData },
        })
    }

    pub(super) fn components(&self) -> &Components {
        &self.state.components
    }

    /// Weights π, k; they sum to 1.
    pub fn weights(&self) -> &Array1<f64> {
        &self.state.components.weights
    }

    /// Means μ, k × p.
    pub fn means(&self) -> &Array2<f64> {
        &self.state.components.means
    }

    /// Covariances Σ, with ε in them.
    pub fn covariances(&self) -> &Covariances {
        &self.state.components.covariances
    }

    /// Precisions Σ⁻¹.
    ///
    /// # Errors
    /// [`Error::Numerical`] if a matrix cannot be inverted.
    pub fn precisions(&self) -> Result<Covariances> {
        self.covariances().inverse()
    }

    /// ℓ, the mean log-likelihood, before the last step of the best start.
    pub fn lower_bound(&self) -> f64 {
        self.lower_bounds().last().copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// ℓ before each step of the best start.
    pub fn lower_bounds(&self) -> &[f64] {
        &self.state.bounds
    }

    /// How the fit went: iterations and convergence of the best start; the objective is ℓ.
    pub fn report(&self) -> &Report {
        &self.state.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }

    /// Numbers that were chosen freely: those of Σ, k p of μ, k − 1 of π.
    pub fn n_parameters(&self) -> usize {
        let (k, p) = self.means().dim();
        self.covariances().free(k, p) + k * p + k - 1
    }

    /// ln p(x) of each row, n.
    ///
    /// # Errors
    /// As `predict`.
    pub fn score_samples<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        Ok(self.log_densities(x.into())?.into_iter().map(F::of).collect())
    }

    /// ℓ of these rows: larger is better.
    ///
    /// # Errors
    /// As `predict`.
    pub fn score<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<f64>
    where
        F: 'a,
    {
        let logs = self.log_densities(x.into())?;
        Ok(logs.iter().sum::<f64>() / logs.len() as f64)
    }

    /// Bayesian information criterion −2 n ℓ + d ln n, for d free numbers: smaller is better.
    ///
    /// # Errors
    /// As `predict`.
    pub fn bic<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<f64>
    where
        F: 'a,
    {
        let x = x.into();
        let n = x.nrows() as f64;
        Ok(-2.0 * n * self.score(x)? + self.n_parameters() as f64 * n.ln())
    }

    /// Akaike information criterion −2 n ℓ + 2 d, for d free numbers: smaller is better.
    ///
    /// # Errors
    /// As `predict`.
    pub fn aic<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<f64>
    where
        F: 'a,
    {
        let x = x.into();
        Ok(-2.0 * x.nrows() as f64 * self.score(x)? + 2.0 * self.n_parameters() as f64)
    }

    /// n new rows drawn from the mixture, and the component of each; in the order of the components.
    ///
    /// # Errors
    /// [`Error::Numerical`] if a covariance matrix has no Cholesky factor.
    pub fn sample(&self, n: usize, seed: u64) -> Result<(Array2<F>, Array1<usize>)> {
        let (k, p) = self.means().dim();
        let factors: Result<Vec<Cholesky<f64>>> =
            self.covariances().matrices(k, p).outer_iter().map(Cholesky::new).collect();
        let (factors, mut stream) = (factors?, Seed(seed).stream(0));
        let mut labels: Vec<usize> = (0..n).map(|_| self.draw(&mut stream)).collect();
        labels.sort_unstable();
        let mut rows = Array2::default((n, p));
        for (mut row, c) in rows.rows_mut().into_iter().zip(&labels) {
            let z: Vec<f64> = (0..p).map(|_| stream.sample(StandardNormal)).collect();
            let factor = factors[*c].factor();
            for (j, out) in row.iter_mut().enumerate() {
                let moved: f64 = (0..=j).map(|i| factor[[j, i]] * z[i]).sum();
                *out = F::of(self.means()[[*c, j]] + moved);
            }
        }
        Ok((rows, labels.into()))
    }

    /// A component, by chance.
    fn draw(&self, stream: &mut Stream) -> usize {
        let mut rest: f64 = stream.random();
        let mut last = 0;
        for (c, w) in self.weights().iter().enumerate().filter(|(_, w)| **w > 0.0) {
            last = c;
            if rest < *w {
                break;
            }
            rest -= w;
        }
        last
    }

    fn log_densities(&self, x: Records<'_, F>) -> Result<Vec<f64>> {
        let k = self.density.count();
        self.by_block(x, |work, count, out| {
            work.share(k, count);
            out.extend(work.logs.iter().flatten().take(count));
        })
    }

    /// What `each(work, rows, out)` appends for blocks of rows whose scores are in `work`.
    fn by_block<T: Send>(
        &self,
        x: Records<'_, F>,
        each: impl Fn(&mut Work, usize, &mut Vec<T>) + Sync,
    ) -> Result<Vec<T>> {
        self.features().check(x)?;
        x.check_shape()?;
        x.dense("GaussianMixture")?;
        x.check_finite()?;
        let points = Points::about(x, self.state.origin.clone());
        let Points::Dense { rows, origin } = &points else {
            return Err(Error::unsupported("GaussianMixture", "sparse records"));
        };
        let (n, k, p) = (points.count(), self.density.count(), origin.len());
        let chunk = par::chunk_len(n, k * (p + 4)).next_multiple_of(ROWS);
        let parts = par::map_chunks(n, chunk, |part| {
            let (mut work, mut out) = (Work::new(k, p), Vec::new());
            for first in part.clone().step_by(ROWS) {
                let end = part.end.min(first + ROWS);
                let slices: Vec<&[F]> = rows[first * p..end * p].chunks_exact(p).collect();
                work.pack(&slices, origin);
                work.score(&self.density, end - first);
                if work.is_lost(k, end - first) {
                    return Err(too_far());
                }
                each(&mut work, end - first, &mut out);
            }
            Ok(out)
        });
        let parts: Result<Vec<_>> = parts.into_iter().collect();
        Ok(parts?.into_iter().flatten().collect())
    }

    fn check_one(&self, row: &[F]) -> Result<()> {
        self.features().check_width(row.len())?;
        let view =
            ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        Records::from(view).check_finite()?;
        let top = |top: f64, s: f64| if s.is_nan() { f64::INFINITY } else { top.max(s) };
        match self.scores_one(row).fold(f64::NEG_INFINITY, top).is_finite() {
            true => Ok(()),
            false => Err(too_far()),
        }
    }

    /// Scores of one row.
    fn scores_one(&self, row: &[F]) -> impl Iterator<Item = f64> {
        (0..self.density.count()).map(|c| self.density.one(|j| row[j].f64(), c))
    }
}

fn too_far() -> Error {
    Error::numerical("a row is so far from all components that its density leaves the range of f64")
}

/// The place of the largest; the first of equals.
fn largest(scores: impl IntoIterator<Item = f64>) -> usize {
    crate::kmeans::points::least(scores.into_iter().map(|s| -s))
}

/// The component with the largest r.
impl<F: Float> Predict<F> for GaussianMixtureModel<F> {
    type Output = Array1<usize>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        let k = self.density.count();
        let labels = self.by_block(x, |work, count, out| {
            out.extend((0..count).map(|i| largest((0..k).map(|c| work.scores[i / 8 * k + c][i % 8]))));
        })?;
        Ok(labels.into())
    }
}

impl<F: Float> PredictOne<F> for GaussianMixtureModel<F> {
    type One<'m> = usize;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<usize> {
        self.check_one(row)?;
        Ok(largest(self.scores_one(row)))
    }
}

/// Responsibilities r, n × k.
impl<F: Float> PredictProba<F> for GaussianMixtureModel<F> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let (n, k) = (x.nrows(), self.density.count());
        let shares = self.by_block(x, |work, count, out| {
            work.share(k, count);
            let of = |i: usize, c: usize| F::of(work.scores[i / 8 * k + c][i % 8]);
            out.extend((0..count).flat_map(|i| (0..k).map(move |c| (i, c))).map(|(i, c)| of(i, c)));
        })?;
        Array2::from_shape_vec((n, k), shares).map_err(|e| Error::numerical(e.to_string()))
    }
}

/// Responsibilities r, n × k.
impl<F: Float> Transform<F> for GaussianMixtureModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        Ok(self.predict_proba_records(x)?.into())
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.density.count()).map(|c| format!("gaussianmixture{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for GaussianMixtureModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.check_one(row)?;
        // Twice, rather than with a buffer of double precision.
        let top = self.scores_one(row).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.scores_one(row).map(|s| (s - top).exp()).sum();
        out.clear();
        out.extend(self.scores_one(row).map(|s| F::of((s - top).exp() / sum)));
        Ok(())
    }
}

estimand_core::persist!(GaussianMixtureModel<F>);
