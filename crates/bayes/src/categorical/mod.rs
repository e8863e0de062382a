//! Categorical naive Bayes: in each class, each column takes its categories with probabilities of their own.
//!
//! ```text
//! N_cⱼₜ = Σ w over the rows of class c with xⱼ = t        n_c = Σ w                                     (1)
//! θ_cⱼₜ = (N_cⱼₜ + α) / (n_c + α mⱼ)                      mⱼ: number of categories of column j          (2)
//! score  ln π_c + Σⱼ ln θ_cⱼ,xⱼ                                                                        (3)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | N | `category_count` | for each column mⱼ × k, one after the other |
//! | n, π | `class_count`, `priors` | k |
//! | ln θ | `log_prob` | as N, with one more row for each column: a category that was not seen |
//!
//! Categories are the whole numbers 0, 1, 2, …, below 2²⁰: larger numbers are identifiers or measurements, whose
//! counts say nothing. Column j has mⱼ categories: one more than the largest that was seen, and at least
//! `min_categories`. Costs O(np) to fit, O(npk) to predict.
//!
//! **Differs from scikit-learn.** When predicting, a category beyond mⱼ counts like one below it that was never seen
//! (N = 0 in (2)), so that a rare category in a test set is no error. Values that are not whole numbers are
//! errors and are not cut off. After several batches mⱼ is the largest of all, not that of the last one. α = 0 is the limit of ever
//! less smoothing.
//!
//! **References.** \[Manning08\], chapter 13.

#[cfg(test)]
mod tests;

use crate::counts::smoothing;
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, ClassWeight, Error, Features, FitBatches, FitClasses, Float, LearnClasses, Priors,
    Probabilities, Records, Report, Result, Samples, Scores, Scratch,
};
use estimand_linalg::{Forms, rows};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Categories are below this.
const LIMIT: usize = 1 << 20;

/// How many categories columns have at least.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MinCategories {
    /// Those that were seen.
    #[default]
    Seen,
    /// So many in every column.
    All(usize),
    /// So many in each column.
    Each(Vec<usize>),
}
impl From<usize> for MinCategories {
    fn from(count: usize) -> Self {
        Self::All(count)
    }
}
impl From<Vec<usize>> for MinCategories {
    fn from(counts: Vec<usize>) -> Self {
        Self::Each(counts)
    }
}

estimand_core::params! {
    /// Categorical naive Bayes; see [the module](crate::categorical).
    ///
    /// ```
    /// use estimand_bayes::CategoricalNb;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// // 0: sunny, 1: rainy; 0: calm, 1: windy, 2: stormy.
    /// let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 2.0], [1.0, 1.0]];
    /// let model = CategoricalNb::new().fit((&x, &["out", "out", "in", "in"]))?;
    /// assert_eq!(model.predict(&array![[0.0, 0.0], [1.0, 2.0]])?.to_vec(), ["out", "in"]);
    /// assert_eq!(model.n_categories(), [2, 3]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct CategoricalNb {
        /// Smoothing α: what every count gets on top. 0 is the limit of ever less.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether an α below 1e-10 is kept; otherwise it is raised to that.
        force_alpha: bool = true;
        /// How likely each class is before a record has been seen; in the order of the classes where given.
        priors => Priors = Priors::Empirical;
        /// How many categories columns have at least: a number for all, or one for each.
        min_categories => MinCategories = MinCategories::Seen;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
    accepts: weights;
}

/// A fitted [`CategoricalNb`]. It counts in `f64` whatever the records are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct CategoricalNbModel<F: Float> {
    state: State<F>,
    derived: Derived,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    settings: CategoricalNb,
    features: Features,
    class_count: Array1<f64>,
    /// For each column mⱼ × k.
    category_count: Vec<Array2<f64>>,
    scalar: PhantomData<F>,
}

#[derive(Clone, Debug, PartialEq)]
struct Derived {
    priors: Vec<f64>,
    constants: Vec<[f64; 8]>,
    /// ln θ for eight classes at a time: the categories of a column and then its unseen one; column by column.
    log_prob: Vec<Vec<[f64; 8]>>,
    /// Where each column starts, and the end of the last.
    starts: Vec<usize>,
}

impl<F: Float> State<F> {
    fn derive(&self) -> Result<Derived> {
        let k = self.class_count.len();
        let priors = self.settings.priors.of(self.class_count.as_slice().unwrap_or_default())?;
        let alpha = smoothing(self.settings.alpha, self.settings.force_alpha);
        let mut starts = vec![0];
        starts.extend(self.category_count.iter().scan(0, |at, counts| {
            *at += counts.nrows() + 1;
            Some(*at)
        }));
        let mut constants = vec![[0.0; 8]; k.div_ceil(8)];
        let mut log_prob = vec![vec![[0.0; 8]; starts.last().copied().unwrap_or(0)]; k.div_ceil(8)];
        for c in 0..k {
            let n = self.class_count[c];
            constants[c / 8][c % 8] = if n > 0.0 { priors[c].ln() } else { f64::NEG_INFINITY };
            for (counts, start) in self.category_count.iter().zip(&starts) {
                let total = (n + alpha * counts.nrows() as f64).ln();
                let counts = counts.column(c).into_iter().copied().chain([0.0]);
                for (count, place) in counts.zip(&mut log_prob[c / 8][*start..]) {
                    place[c % 8] = (count + alpha).ln() - total;
                }
            }
        }
        Ok(Derived { priors, constants, log_prob, starts })
    }

    /// The counts with room for as many categories as the settings and these rows want.
    fn grown(&self, x: ArrayView2<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<Vec<Array2<f64>>> {
        let p = self.features.count();
        let least = match &self.settings.min_categories {
            MinCategories::Seen => vec![0; p],
            MinCategories::All(count) => vec![*count; p],
            MinCategories::Each(counts) if counts.len() == p => counts.clone(),
            MinCategories::Each(counts) => {
                let allowed = format!("one number, or {p}: one for each column");
                return Err(Error::parameter("min_categories", format!("{counts:?}"), allowed));
            }
        };
        if let Some(count) = least.iter().find(|count| **count > LIMIT) {
            return Err(Error::parameter("min_categories", count, format!("at most {LIMIT}")));
        }
        let mut room: Vec<usize> =
            self.category_count.iter().zip(least).map(|(counts, least)| counts.nrows().max(least)).collect();
        for (i, row) in x.rows().into_iter().enumerate() {
            // What does not count adds no categories, but has to be valid all the same.
            let counts = weights.is_none_or(|w| w[i] > F::zero());
            for (j, (v, room)) in row.iter().zip(&mut room).enumerate() {
                let category = category(*v).ok_or_else(|| refused(i, j, *v))?;
                *room = if counts { (*room).max(category + 1) } else { *room };
            }
        }
        let grow = |(old, room): (&Array2<f64>, usize)| {
            let mut new = Array2::zeros((room, self.class_count.len()));
            new.slice_mut(s![..old.nrows(), ..]).assign(old);
            new
        };
        Ok(self.category_count.iter().zip(room).map(grow).collect())
    }
}

/// The category that a value stands for.
#[inline]
fn category<F: Float>(v: F) -> Option<usize> {
    let t = v.f64();
    (t >= 0.0 && t < LIMIT as f64 && t.fract() == 0.0).then_some(t as usize)
}

#[cold]
fn refused<F: Float>(row: usize, column: usize, v: F) -> Error {
    let value = v.to_string();
    if !v.is_finite() {
        return Error::NonFinite { what: "x".into(), value, row, column };
    }
    let what = format!(
        "the value {value} at row {row}, column {column} of x: categories are whole numbers from 0 to {}",
        LIMIT - 1
    );
    Error::unsupported("CategoricalNb", what)
}

impl<F: Float> TryFrom<State<F>> for CategoricalNbModel<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        state.features.check_loaded()?;
        check_len("columns", state.features.count(), state.category_count.len())?;
        for counts in &state.category_count {
            check_len("classes", state.class_count.len(), counts.ncols())?;
        }
        let possible = |v: &f64| v.is_finite() && *v >= 0.0;
        if !state.class_count.iter().chain(state.category_count.iter().flatten()).all(possible) {
            return Err(Error::Persist { what: "counts are negative or not finite".into() });
        }
        let derived = state.derive()?;
        Ok(Self { state, derived })
    }
}
impl<F: Float> From<CategoricalNbModel<F>> for State<F> {
    fn from(model: CategoricalNbModel<F>) -> Self {
        model.state
    }
}

impl<F: Float> CategoricalNbModel<F> {
    /// N of column `j`, mⱼ × k; `None` if there is no such column.
    pub fn category_count(&self, j: usize) -> Option<ArrayView2<'_, f64>> {
        self.state.category_count.get(j).map(|counts| counts.view())
    }

    /// mⱼ of every column.
    pub fn n_categories(&self) -> Vec<usize> {
        self.state.category_count.iter().map(Array2::nrows).collect()
    }

    /// ln θ of column `j`, k × mⱼ; `None` if there is no such column.
    pub fn feature_log_prob(&self, j: usize) -> Option<Array2<f64>> {
        let (counts, start) = (self.state.category_count.get(j)?, self.derived.starts.get(j)?);
        let shape = (counts.ncols(), counts.nrows());
        Some(Array2::from_shape_fn(shape, |(c, t)| self.derived.log_prob[c / 8][start + t][c % 8]))
    }

    /// n, k: weights of the classes' rows; without weights, their numbers.
    pub fn class_count(&self) -> ArrayView1<'_, f64> {
        self.state.class_count.view()
    }

    /// Priors π, k.
    pub fn class_prior(&self) -> ArrayView1<'_, f64> {
        self.derived.priors.as_slice().into()
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("counts by class")
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }
}

impl FitClasses for CategoricalNb {
    type Model<F: Float> = CategoricalNbModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<CategoricalNbModel<F>> {
        let mut model = self.begin_classes(samples.y.k, Features::of(samples.x))?;
        model.learn_classes(samples)?;
        Ok(model)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl FitBatches for CategoricalNb {
    fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<CategoricalNbModel<F>> {
        let category_count = vec![Array2::zeros((0, k)); features.count()];
        let (settings, class_count) = (self.clone(), Array1::zeros(k));
        let state = State { settings, features, class_count, category_count, scalar: PhantomData };
        let derived = state.derive()?;
        Ok(CategoricalNbModel { state, derived })
    }
}

impl<F: Float> LearnClasses<F> for CategoricalNbModel<F> {
    fn learn_classes(&mut self, batch: Samples<'_, F, ClassCodes>) -> Result<()> {
        self.state.features.check(batch.x)?;
        let x = batch.x.dense("CategoricalNb")?;
        let (mut counts, mut n) = (self.state.grown(x, batch.weights)?, self.state.class_count.clone());
        for (i, (row, c)) in x.rows().into_iter().zip(batch.y.y).enumerate() {
            let (w, c) = (batch.weights.map_or(1.0, |w| w[i].f64()), *c as usize);
            n[c] += w;
            for (v, counts) in row.iter().zip(&mut counts) {
                if let Some(count) = category(*v).and_then(|t| counts.get_mut((t, c))) {
                    *count += w;
                }
            }
        }
        let state = State { class_count: n, category_count: counts, ..self.state.clone() };
        self.derived = state.derive()?;
        self.state = state;
        Ok(())
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.state.settings.class_weight
    }
}

impl<F: Float> Forms<F> for CategoricalNbModel<F> {
    fn count(&self) -> usize {
        self.state.class_count.len()
    }

    fn cost(&self) -> usize {
        8 * self.state.features.count() * self.derived.constants.len()
    }

    /// (3); NaN for a value that is no category.
    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]) {
        out.fill(self.derived.constants[g]);
        for (row, out) in rows.iter().zip(out) {
            for (v, bounds) in row.iter().zip(self.derived.starts.windows(2)) {
                let Some(t) = category(*v) else {
                    out.fill(f64::NAN);
                    break;
                };
                let log_prob = &self.derived.log_prob[g][(bounds[0] + t).min(bounds[1] - 1)];
                out.iter_mut().zip(log_prob).for_each(|(out, log)| *out += log);
            }
        }
    }
}

/// Scores as they are, or the error of the first value that is no category.
fn valid<F: Float, T>(scores: Result<T>, x: ArrayView2<'_, F>) -> Result<T> {
    match scores {
        Err(Error::Numerical { .. } | Error::NonFinite { .. }) => {
            let bad = x.indexed_iter().find(|(_, v)| category(**v).is_none());
            bad.map_or(scores, |((i, j), v)| Err(refused(i, j, *v)))
        }
        other => other,
    }
}

impl<F: Float> Scores<F> for CategoricalNbModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let found = rows::class_scores(self, &self.state.features, x, "CategoricalNb");
        valid(found, x.dense("CategoricalNb")?)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        let found = rows::class_scores_one(self, &self.state.features, row, out);
        let row = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        valid(found, row)
    }
}

impl<F: Float> Probabilities<F> for CategoricalNbModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(rows::probabilities(self.scores(x)?))
    }
}

estimand_core::persist!(CategoricalNbModel<F>, |_| Ok(()), |model, k| check_len(
    "classes",
    k,
    model.state.class_count.len()
));
