//! Classification by the nearest centre of a class.
//!
//! ```text
//! score of c    = ln π_c − ½ Σⱼ ((xⱼ − m_cⱼ) / sⱼ)²          Euclidean: m is the mean                      (1)
//!               = − Σⱼ |xⱼ − m_cⱼ| / sⱼ                      Manhattan: m is the median
//! s             = 1, or deviations within classes: sⱼ² = Σᵢ ωᵢ (xᵢⱼ − m_yᵢⱼ)² / (Σω − k)                   (2)
//! shrunken      m'_cⱼ = mⱼ + g_cⱼ sign(t_cⱼ) max(|t_cⱼ| − Δ, 0)                                            (3)
//!               g_cⱼ = √(1/ω_c − 1/Σω) (sⱼ + median s), t_cⱼ = (m_cⱼ − mⱼ) / g_cⱼ, m the mean of all rows
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | m_c | `centroids` | k × p |
//! | s | `deviations` | p |
//! | π | `priors` | k |
//! | Δ | `shrink_threshold` | |
//!
//! Shrinking takes columns that do not tell classes apart to the mean of all rows, where they no longer matter
//! \[Tibshirani02\]. Of two classes the score is the second's less the first's. Costs O(np) to fit, O(npk) to predict.
//!
//! **Differs from scikit-learn.** Whether columns are divided by their deviations is a setting, `standardize`; there, they are
//! if priors are not uniform, and in `decision_function`, but not in `predict` otherwise. Probabilities are those of (1), a
//! normal density for each class. Sample weights.
//!
//! **References.** \[Tibshirani02\].

#[cfg(test)]
mod tests;

use estimand_core::describe::above;
use estimand_core::order::median;
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, Error, Features, FitClasses, Float, Priors, Probabilities, Records, Report, Result, Samples,
    Scores, Scratch,
};
use estimand_kernels as kernels;
use estimand_linalg::{ClassMoments, Forms, rows};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// How far a row is from a centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CentroidMetric {
    /// By squares; centres are means.
    #[default]
    Euclidean,
    /// By absolute values; centres are medians.
    Manhattan,
}

estimand_core::params! {
    /// The nearest centre of a class; see [the module](crate::centroid).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_neighbors::NearestCentroid;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0], [2.0, 1.0]];
    /// let model = NearestCentroid::new().fit((&x, &["low", "low", "high", "high"]))?;
    /// assert_eq!(model.predict(&array![[-0.8, -1.0]])?.to_vec(), ["low"]);
    /// assert_eq!(model.centroids(), array![[1.5, 1.0], [-1.5, -1.0]]); // classes are sorted: high, low
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct NearestCentroid {
        /// How far a row is from a centre.
        metric: CentroidMetric = CentroidMetric::Euclidean;
        /// Δ: how much centres are shrunken to the mean of all rows, in units of their errors; `None` for not at all.
        shrink_threshold => Option<f64> = None, above(0.0);
        /// Whether columns are divided by their deviations within classes.
        standardize: bool = false;
        /// How likely each class is before a record has been seen; other than uniform for Euclidean distances only.
        priors => Priors = Priors::Uniform;
    }
    accepts: weights;
}

/// A fitted [`NearestCentroid`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct NearestCentroidModel<F: Float> {
    state: State,
    /// m_cⱼ: p values of eight classes, then of the next eight.
    centres: Vec<[f64; 8]>,
    /// 1 / (√2 sⱼ) in the same order, without √2 for Manhattan distances; 0 for classes that there are not.
    factors: Vec<[f64; 8]>,
    scalar: PhantomData<F>,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    metric: CentroidMetric,
    centroids: Array2<f64>,
    deviations: Array1<f64>,
    priors: Vec<f64>,
    standardize: bool,
    features: Features,
}

impl<F: Float> From<NearestCentroidModel<F>> for State {
    fn from(model: NearestCentroidModel<F>) -> Self {
        model.state
    }
}
impl<F: Float> TryFrom<State> for NearestCentroidModel<F> {
    type Error = Error;
    fn try_from(state: State) -> Result<Self> {
        let (k, p) = state.centroids.dim();
        state.features.check_loaded()?;
        check_len("columns of the centroids", state.features.count(), p)?;
        check_len("deviations", p, state.deviations.len())?;
        check_len("priors", k, state.priors.len())?;
        match state.centroids.iter().chain(&state.deviations).chain(&state.priors).all(|v| v.is_finite()) {
            true => Ok(Self::new(state)),
            false => Err(Error::Persist { what: "centroids that are not finite".into() }),
        }
    }
}

impl<F: Float> NearestCentroidModel<F> {
    fn new(state: State) -> Self {
        let (k, p) = state.centroids.dim();
        let root =
            if state.metric == CentroidMetric::Euclidean { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        let eight = |of: &dyn Fn(usize, usize) -> f64| -> Vec<[f64; 8]> {
            let places = (0..k.div_ceil(8)).flat_map(|g| (0..p).map(move |j| (g, j)));
            places
                .map(|(g, j)| std::array::from_fn(|l| if 8 * g + l < k { of(8 * g + l, j) } else { 0.0 }))
                .collect()
        };
        let scale = |j: usize| match state.standardize {
            // A column that is the same within all classes keeps its units.
            true if state.deviations[j] > 0.0 => root / state.deviations[j],
            _ => root,
        };
        let (centres, factors) = (eight(&|c, j| state.centroids[[c, j]]), eight(&|_, j| scale(j)));
        Self { state, centres, factors, scalar: PhantomData }
    }

    /// m, k × p; shrunken, where that was asked for.
    pub fn centroids(&self) -> ArrayView2<'_, f64> {
        self.state.centroids.view()
    }

    /// Deviations within classes (2), p.
    pub fn within_class_deviations(&self) -> &Array1<f64> {
        &self.state.deviations
    }

    /// π, k.
    pub fn class_prior(&self) -> &[f64] {
        &self.state.priors
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("centres of classes")
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }
}

impl FitClasses for NearestCentroid {
    type Model<F: Float> = NearestCentroidModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<NearestCentroidModel<F>> {
        let x = samples.x.dense("NearestCentroid")?;
        if self.metric == CentroidMetric::Manhattan && self.priors != Priors::Uniform {
            return Err(Error::unsupported("NearestCentroid", "priors with Manhattan distances"));
        }
        let moments = ClassMoments::new(x, samples.y.y, samples.y.k, samples.weights);
        if !moments.is_finite() {
            samples.x.check_finite()?;
            return Err(Error::numerical(
                "squares of the values leave the range of f64; scale the columns first",
            ));
        }
        let priors = self.priors.of(moments.weight.as_slice().unwrap_or_default())?;
        let mut centroids = match self.metric {
            CentroidMetric::Euclidean => moments.mean.clone(),
            CentroidMetric::Manhattan => medians(&samples, x),
        };
        let (total, k) = (moments.weight.sum(), samples.y.k as f64);
        // About the mean of a class squares are least; about another centre they are more by the square of the step.
        let steps =
            (&centroids - &moments.mean).mapv_into(|v| v * v) * moments.weight.view().insert_axis(Axis(1));
        let within = (&moments.squares + &steps).sum_axis(Axis(0));
        let is_needed = self.standardize || self.shrink_threshold.is_some();
        if is_needed && total <= k {
            return Err(Error::target("deviations within classes need more rows than classes"));
        }
        let deviations = within.mapv(|v| if total > k { (v / (total - k)).sqrt() } else { 0.0 });
        if let Some(threshold) = self.shrink_threshold {
            shrink(&mut centroids, &moments, &deviations, threshold);
        }
        let (metric, standardize, features) = (self.metric, self.standardize, Features::of(samples.x));
        Ok(NearestCentroidModel::new(State { metric, centroids, deviations, priors, standardize, features }))
    }
}

/// Medians of the columns in each class.
fn medians<F: Float>(samples: &Samples<'_, F, ClassCodes>, x: ArrayView2<'_, F>) -> Array2<f64> {
    let weight = |i: usize| samples.weights.map_or(1.0, |w| w[i].f64());
    Array2::from_shape_fn((samples.y.k, x.ncols()), |(c, j)| {
        let column = x.column(j);
        let own = samples.y.y.iter().enumerate().filter(|(_, code)| **code as usize == c);
        median(own.map(|(i, _)| (column[i].f64(), weight(i)))).unwrap_or(0.0)
    })
}

/// (3)
fn shrink(centroids: &mut Array2<f64>, moments: &ClassMoments, deviations: &Array1<f64>, threshold: f64) {
    let (overall, _) = moments.overall();
    let total = moments.weight.sum();
    let middle = median(deviations.iter().map(|s| (*s, 1.0))).unwrap_or(0.0);
    for ((c, j), centre) in centroids.indexed_iter_mut() {
        let unit = (1.0 / moments.weight[c] - 1.0 / total).max(0.0).sqrt() * (deviations[j] + middle);
        let step = *centre - overall[j];
        *centre = overall[j] + step.signum() * (step.abs() - threshold * unit).max(0.0);
    }
}

impl<F: Float> Forms<F> for NearestCentroidModel<F> {
    fn count(&self) -> usize {
        self.state.priors.len()
    }

    fn cost(&self) -> usize {
        3 * self.centres.len() * 8
    }

    /// (1)
    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]) {
        let p = self.state.features.count();
        let (centres, factors) = (&self.centres[g * p..(g + 1) * p], &self.factors[g * p..(g + 1) * p]);
        out.fill([0.0; 8]);
        match self.state.metric {
            CentroidMetric::Euclidean => kernels::gaussian_eight(rows, centres, factors, out),
            CentroidMetric::Manhattan => {
                for (row, out) in rows.iter().zip(&mut *out) {
                    for ((v, centre), factor) in row.iter().zip(centres).zip(factors) {
                        (0..8).for_each(|l| out[l] += (v.f64() - centre[l]).abs() * factor[l]);
                    }
                }
            }
        }
        let ln_prior = |l: usize| self.state.priors.get(8 * g + l).map_or(0.0, |p| p.ln());
        let constants: [f64; 8] = std::array::from_fn(ln_prior);
        out.iter_mut().for_each(|out| out.iter_mut().zip(constants).for_each(|(out, c)| *out = c - *out));
    }
}

impl<F: Float> Scores<F> for NearestCentroidModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        rows::class_scores(self, &self.state.features, x, "NearestCentroid")
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        rows::class_scores_one(self, &self.state.features, row, out)
    }
}

impl<F: Float> Probabilities<F> for NearestCentroidModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(rows::probabilities(self.scores(x)?))
    }
}

estimand_core::persist!(NearestCentroidModel<F>, |_| Ok(()), |model, k| check_len(
    "classes",
    k,
    model.state.priors.len()
));
