//! Counting, and the scores of what was counted.

use estimand_core::persist::check_len;
use estimand_core::records::MatrixView;
use estimand_core::{
    ClassCodes, ClassWeight, Error, Features, Float, LearnClasses, Priors, Probabilities, Records, Report,
    Result, Samples, Scores, Scratch,
};
use estimand_kernels as kernels;
use estimand_linalg::{Forms, rows};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Which of (2), (3) and (4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Rule {
    Multinomial,
    Complement { norm: bool },
    Bernoulli { binarize: Option<f64> },
}

/// A fitted [`MultinomialNb`](super::MultinomialNb), [`ComplementNb`](super::ComplementNb) or
/// [`BernoulliNb`](super::BernoulliNb). It counts in `f64` whatever the records are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct CountNbModel<F: Float> {
    state: State<F>,
    derived: Derived,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    rule: Rule,
    alpha: f64,
    priors: Priors,
    class_weight: ClassWeight,
    features: Features,
    class_count: Array1<f64>,
    feature_count: Array2<f64>,
    scalar: PhantomData<F>,
}

#[derive(Clone, Debug, PartialEq)]
struct Derived {
    priors: Vec<f64>,
    feature_log_prob: Array2<f64>,
    /// What scores start from, eight classes at a time.
    constants: Vec<[f64; 8]>,
    /// The factors of x (or b): p values of eight classes, then of the next eight.
    factors: Vec<[f64; 8]>,
    /// One 0 for each column: nothing is subtracted from x.
    zeros: Vec<f64>,
}

impl<F: Float> State<F> {
    fn derive(&self) -> Result<Derived> {
        let (k, p) = self.feature_count.dim();
        let priors = match self.rule {
            Rule::Complement { .. } => vec![1.0; k],
            _ => self.priors.of(self.class_count.as_slice().unwrap_or_default())?,
        };
        let alpha = self.alpha;
        let (all, mut feature_log_prob) = (self.feature_count.sum_axis(Axis(0)), Array2::zeros((k, p)));
        let mut constants = vec![[0.0; 8]; k.div_ceil(8)];
        let mut factors = vec![[0.0; 8]; k.div_ceil(8) * p];
        for c in 0..k {
            let (counts, n) = (self.feature_count.row(c), self.class_count[c]);
            let mut row = feature_log_prob.row_mut(c);
            let mut constant = if n > 0.0 { priors[c].ln() } else { f64::NEG_INFINITY };
            let mut absent = Vec::new();
            // Differences of sums of weights may come out below 0 by a rounding.
            match self.rule {
                Rule::Multinomial => row.assign(&log_shares(counts.mapv(|count| count + alpha))),
                Rule::Complement { norm } => {
                    let logs = log_shares((&all - &counts).mapv(|count| count.max(0.0) + alpha));
                    // Of a single column, all logarithms are 0.
                    let by = Some(logs.sum()).filter(|sum| norm && *sum < 0.0).unwrap_or(-1.0);
                    row.assign(&(logs / by));
                }
                Rule::Bernoulli { .. } => {
                    let total = (n + 2.0 * alpha).ln();
                    row.assign(&counts.mapv(|count| (count + alpha).ln() - total));
                    absent = counts.iter().map(|count| ((n - count).max(0.0) + alpha).ln() - total).collect();
                    constant += absent.iter().sum::<f64>();
                }
            }
            constants[c / 8][c % 8] = constant;
            for (j, log) in row.iter().enumerate() {
                factors[c / 8 * p + j][c % 8] = log - absent.get(j).unwrap_or(&0.0);
            }
        }
        Ok(Derived { priors, feature_log_prob, constants, factors, zeros: vec![0.0; p] })
    }

    /// Refuses records that cannot have been counted.
    fn check_values(&self, x: Records<'_, F>, fitting: bool) -> Result<()> {
        let (good, what): (fn(F) -> bool, _) = match self.rule {
            Rule::Bernoulli { binarize: None } => {
                (|v| v == F::zero() || v == F::one(), "only 0 and 1 are read without `binarize`")
            }
            Rule::Bernoulli { .. } => return Ok(()),
            _ if fitting => (|v| v >= F::zero(), "counts are 0 or more"),
            _ => return Ok(()),
        };
        let refused = |i: usize, j: usize, v: F| {
            let name = match self.rule {
                Rule::Multinomial => "MultinomialNb",
                Rule::Complement { .. } => "ComplementNb",
                Rule::Bernoulli { .. } => "BernoulliNb",
            };
            Err(Error::unsupported(name, format!("the value {v} at row {i}, column {j} of x: {what}")))
        };
        match x.values() {
            MatrixView::Dense(x) => {
                let found = x.indexed_iter().find(|(_, v)| !good(**v));
                found.map_or(Ok(()), |((i, j), v)| refused(i, j, *v))
            }
            MatrixView::Sparse(x) => x.outer_iter().enumerate().try_for_each(|(i, row)| {
                let found = row.iter().find(|(_, v)| !good(*v));
                found.map_or(Ok(()), |(j, v)| refused(i, j, v))
            }),
        }
    }

    /// What is counted for a value, or multiplied in a score.
    fn value(&self, v: F) -> f64 {
        match self.rule {
            Rule::Bernoulli { binarize: Some(limit) } => f64::from(u8::from(v.f64() > limit)),
            _ => v.f64(),
        }
    }

    /// (1): n and N of a batch.
    fn count(
        &self,
        x: Records<'_, F>,
        codes: ArrayView1<'_, u32>,
        weights: Option<ArrayView1<'_, F>>,
    ) -> (Array1<f64>, Array2<f64>) {
        let (k, p) = self.feature_count.dim();
        let weight = |i: usize| weights.map_or(1.0, |w| w[i].f64());
        let mut class_count = Array1::zeros(k);
        codes.iter().enumerate().for_each(|(i, c)| class_count[*c as usize] += weight(i));
        let cost = match x.values() {
            MatrixView::Dense(_) => p,
            MatrixView::Sparse(x) => 4 * x.data().len() / x.nrows().max(1),
        };
        let parts = ((1 << 23) / (k * p).max(1)).clamp(1, 64);
        let chunk = par::chunk_len_at_most(x.nrows(), cost, parts).max(k);
        let sum = |range: std::ops::Range<usize>| {
            let mut counts = Array2::zeros((k, p));
            match x.rows(range.clone()).values() {
                MatrixView::Dense(x) => {
                    for (i, row) in range.zip(x.rows()) {
                        let (w, mut counts) = (weight(i), counts.row_mut(codes[i] as usize));
                        counts.iter_mut().zip(row).for_each(|(count, v)| *count += w * self.value(*v));
                    }
                }
                MatrixView::Sparse(x) => {
                    for (i, row) in range.zip(x.outer_iter()) {
                        let (w, mut counts) = (weight(i), counts.row_mut(codes[i] as usize));
                        row.iter().for_each(|(j, v)| counts[j] += w * self.value(v));
                    }
                }
            }
            counts
        };
        let counts = par::reduce(x.nrows(), chunk, sum, |a, b| a + b);
        (class_count, counts.unwrap_or_else(|| Array2::zeros((k, p))))
    }
}

/// ln(countⱼ / Σ countⱼ)
fn log_shares(counts: Array1<f64>) -> Array1<f64> {
    let total = counts.sum().ln();
    counts.mapv_into(|count| count.ln() - total)
}

impl<F: Float> TryFrom<State<F>> for CountNbModel<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        state.features.check_loaded()?;
        check_len("classes", state.class_count.len(), state.feature_count.nrows())?;
        check_len("columns", state.features.count(), state.feature_count.ncols())?;
        let possible = |v: &f64| v.is_finite() && *v >= 0.0;
        if !(state.alpha > 0.0 && state.class_count.iter().chain(&state.feature_count).all(possible)) {
            return Err(Error::Persist { what: "counts are negative or not finite".into() });
        }
        let derived = state.derive()?;
        Ok(Self { state, derived })
    }
}
impl<F: Float> From<CountNbModel<F>> for State<F> {
    fn from(model: CountNbModel<F>) -> Self {
        model.state
    }
}

impl<F: Float> CountNbModel<F> {
    pub(super) fn begin(
        rule: Rule,
        alpha: f64,
        priors: Priors,
        class_weight: ClassWeight,
        k: usize,
        features: Features,
    ) -> Result<Self> {
        let (class_count, feature_count) = (Array1::zeros(k), Array2::zeros((k, features.count())));
        let scalar = PhantomData;
        let state = State { rule, alpha, priors, class_weight, features, class_count, feature_count, scalar };
        let derived = state.derive()?;
        Ok(Self { state, derived })
    }

    /// N, k × p.
    pub fn feature_count(&self) -> ArrayView2<'_, f64> {
        self.state.feature_count.view()
    }

    /// n, k: weights of the classes' rows; without weights, their numbers.
    pub fn class_count(&self) -> ArrayView1<'_, f64> {
        self.state.class_count.view()
    }

    /// ln θ of (2) and (4), k × p; for complement naive Bayes the factor of x in (3).
    pub fn feature_log_prob(&self) -> ArrayView2<'_, f64> {
        self.derived.feature_log_prob.view()
    }

    /// Priors π, k; 1 for complement naive Bayes, which has none.
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

impl<F: Float> LearnClasses<F> for CountNbModel<F> {
    fn learn_classes(&mut self, batch: Samples<'_, F, ClassCodes>) -> Result<()> {
        self.state.features.check(batch.x)?;
        batch.x.check_finite()?;
        self.state.check_values(batch.x, true)?;
        let (n, counts) = self.state.count(batch.x, batch.y.y, batch.weights);
        let state = State {
            class_count: &self.state.class_count + &n,
            feature_count: &self.state.feature_count + &counts,
            ..self.state.clone()
        };
        if !state.feature_count.sum().is_finite() {
            return Err(Error::numerical(
                "sums of the counts leave the range of f64; scale the columns first",
            ));
        }
        self.derived = state.derive()?;
        self.state = state;
        Ok(())
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.state.class_weight
    }
}

impl<F: Float> Forms<F> for CountNbModel<F> {
    fn count(&self) -> usize {
        self.state.class_count.len()
    }

    fn cost(&self) -> usize {
        self.derived.factors.len() * 8
    }

    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]) {
        let p = self.state.features.count();
        let factors = &self.derived.factors[g * p..(g + 1) * p];
        out.fill(self.derived.constants[g]);
        if let Rule::Bernoulli { binarize: Some(_) } = self.state.rule {
            for (row, out) in rows.iter().zip(out) {
                for (v, factors) in row.iter().zip(factors) {
                    let b = self.state.value(*v);
                    out.iter_mut().zip(factors).for_each(|(out, factor)| *out += b * factor);
                }
            }
            return;
        }
        kernels::linear_eight(rows, &self.derived.zeros, factors, out);
    }
}

impl<F: Float> Scores<F> for CountNbModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.state.features.check(x)?;
        x.check_shape()?;
        if let Rule::Bernoulli { .. } = self.state.rule {
            // Comparisons hide NaN.
            x.check_finite()?;
        }
        self.state.check_values(x, false)?;
        let MatrixView::Sparse(sparse) = x.values() else {
            return rows::class_scores(self, &self.state.features, x, "naive Bayes");
        };
        let (k, p) = self.state.feature_count.dim();
        let width = rows::columns(k);
        let mut out = Array2::default((x.nrows(), width));
        let chunk = par::chunk_len(x.nrows(), k * sparse.data().len() / x.nrows().max(1));
        par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), width, chunk, |from, out| {
            let some = sparse.rows(from..from + out.len() / width);
            for (row, out) in some.outer_iter().zip(out.chunks_exact_mut(width)) {
                for (g, constants) in self.derived.constants.iter().enumerate() {
                    let mut values = *constants;
                    for (j, v) in row.iter() {
                        let (v, factors) = (self.state.value(v), &self.derived.factors[g * p + j]);
                        values.iter_mut().zip(factors).for_each(|(value, factor)| *value += v * factor);
                    }
                    rows::write(&values, g, k, out);
                }
            }
        });
        rows::checked(out, x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.state.features.check_width(row.len())?;
        if let Rule::Bernoulli { .. } = self.state.rule {
            let row =
                ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
            Records::from(row).check_finite()?;
            self.state.check_values(row.into(), false)?;
        }
        rows::class_scores_one(self, &self.state.features, row, out)
    }
}

impl<F: Float> Probabilities<F> for CountNbModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(rows::probabilities(self.scores(x)?))
    }
}

estimand_core::persist!(CountNbModel<F>, |_| Ok(()), |model, k| check_len(
    "classes",
    k,
    model.state.class_count.len()
));
