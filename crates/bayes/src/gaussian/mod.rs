//! Gaussian naive Bayes: in each class, each column is normal with a mean and a variance of its own.
//!
//! ```text
//! ln P(c | x) = ln π_c − ½ Σⱼ ln 2π v_cⱼ − Σⱼ (xⱼ − m_cⱼ)² / 2 v_cⱼ + constant                  (1)
//! v_cⱼ = s²_cⱼ + ε,        ε = `var_smoothing` · max_j (variance of column j over all classes)    (2)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | W, m, s² | `moments` ([`ClassMoments`]) | k, k × p, k × p: weights, means, variances with the divisor W |
//! | π | `priors` | k |
//! | v | `var` | k × p |
//!
//! 1. Check; W, m and s² of all classes in one pass over X ([`classes`](estimand_linalg::classes)).
//! 2. Priors, (2), and the constants of (1). A further batch joins its moments to those of before, and does this again.
//! 3. To predict, (1) for eight classes at a time, with differences taken before they are scaled.
//!
//! Costs O(np) to fit, O(npk) to predict. f32 data are summed in `f64`.
//!
//! **Differs from scikit-learn.** With sample weights, the variance in (2) is weighted, so that a weight of 2 is the same
//! as the row twice. After several batches ε is that of all rows, not of the last batch: batches give the same model
//! as all rows at once. A column without any variance is an error and not a division by zero. A class that no batch
//! has held yet has probability 0, also where priors are given.
//!
//! **References.** \[Chan83\] on the moments of batches.

#[cfg(test)]
mod tests;

use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, ClassWeight, Error, Features, FitBatches, FitClasses, Float, LearnClasses, Priors,
    Probabilities, Records, Report, Result, Samples, Scores, Scratch,
};
use estimand_kernels as kernels;
use estimand_linalg::{ClassMoments, Forms, rows};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

estimand_core::params! {
    /// Gaussian naive Bayes, for measurements; see [the module](crate::gaussian).
    ///
    /// ```
    /// use estimand_bayes::GaussianNb;
    /// use estimand_core::{Features, Fit, FitBatches, PartialFit, Predict, PredictProba};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[1.0], [2.0], [7.0], [9.0]], ["low", "low", "high", "high"]);
    /// let model = GaussianNb::new().fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[0.0], [8.5]])?.to_vec(), ["low", "high"]);
    /// assert_eq!(model.theta(), array![[8.0], [1.5]]); // classes are sorted: high, low
    ///
    /// // The same from batches, the first of which has one class only.
    /// let mut learner = GaussianNb::new().begin(["low", "high"], Features::unnamed(1))?;
    /// learner.partial_fit((&array![[1.0], [2.0]], &["low", "low"]))?;
    /// learner.partial_fit((&array![[7.0], [9.0]], &["high", "high"]))?;
    /// assert_eq!(learner.predict_proba(&x)?, model.predict_proba(&x)?);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct GaussianNb {
        /// How likely each class is before a record has been seen; in the order of the classes where given.
        priors => Priors = Priors::Empirical;
        /// ε in (2), as a share of the largest variance of a column: keeps variances off zero.
        var_smoothing: f64 = 1e-9, at_least(0.0);
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
    accepts: weights;
}

/// A fitted [`GaussianNb`]. It keeps `f64` statistics whatever the records are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct GaussianNbModel<F: Float> {
    state: State<F>,
    derived: Derived,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    settings: GaussianNb,
    features: Features,
    moments: ClassMoments,
    scalar: PhantomData<F>,
}

/// What (1) needs, for eight classes at a time.
#[derive(Clone, Debug, PartialEq)]
struct Derived {
    priors: Vec<f64>,
    epsilon: f64,
    /// ln π_c − ½ Σⱼ ln 2π v_cⱼ
    constants: Vec<[f64; 8]>,
    /// m_cⱼ: p values of eight classes, then of the next eight.
    centres: Vec<[f64; 8]>,
    /// 1 / √(2 v_cⱼ), in the same order
    factors: Vec<[f64; 8]>,
    /// A class and a column without variance.
    flat: Option<(usize, usize)>,
}

impl<F: Float> State<F> {
    fn derive(&self) -> Result<Derived> {
        let ClassMoments { weight, mean, squares } = &self.moments;
        let (k, p) = mean.dim();
        let priors = self.settings.priors.of(weight.as_slice().unwrap_or_default())?;
        let largest = self.moments.overall().1.into_iter().fold(0.0, f64::max);
        let epsilon = self.settings.var_smoothing * largest;
        let groups = k.div_ceil(8);
        let mut derived = Derived {
            priors,
            epsilon,
            constants: vec![[0.0; 8]; groups],
            centres: vec![[0.0; 8]; groups * p],
            factors: vec![[0.0; 8]; groups * p],
            flat: None,
        };
        for c in 0..k {
            let (g, l) = (c / 8, c % 8);
            if weight[c] == 0.0 {
                derived.constants[g][l] = f64::NEG_INFINITY;
                continue;
            }
            let mut constant = derived.priors[c].ln();
            for j in 0..p {
                let variance = squares[[c, j]] / weight[c] + epsilon;
                if !(variance > 0.0 && variance.is_finite()) {
                    derived.flat.get_or_insert((c, j));
                }
                constant -= 0.5 * (std::f64::consts::TAU.ln() + variance.ln());
                derived.centres[g * p + j][l] = mean[[c, j]];
                derived.factors[g * p + j][l] = 1.0 / (2.0 * variance).sqrt();
            }
            derived.constants[g][l] = constant;
        }
        Ok(derived)
    }
}

impl<F: Float> TryFrom<State<F>> for GaussianNbModel<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let (k, p) = (state.moments.weight.len(), state.features.count());
        state.features.check_loaded()?;
        for moments in [&state.moments.mean, &state.moments.squares] {
            check_len("classes", k, moments.nrows())?;
            check_len("columns", p, moments.ncols())?;
        }
        let possible = |v: &f64| v.is_finite() && *v >= 0.0;
        if !(state.moments.is_finite()
            && state.moments.weight.iter().chain(&state.moments.squares).all(possible))
        {
            return Err(Error::Persist { what: "moments are negative or not finite".into() });
        }
        let derived = state.derive()?;
        Ok(Self { state, derived })
    }
}
impl<F: Float> From<GaussianNbModel<F>> for State<F> {
    fn from(model: GaussianNbModel<F>) -> Self {
        model.state
    }
}

impl<F: Float> GaussianNbModel<F> {
    /// Means m, k × p.
    pub fn theta(&self) -> ArrayView2<'_, f64> {
        self.state.moments.mean.view()
    }

    /// Variances v with ε in them, k × p.
    pub fn var(&self) -> Array2<f64> {
        let weight = self.state.moments.weight.mapv(|w| if w > 0.0 { w } else { 1.0 });
        &self.state.moments.squares / &weight.insert_axis(Axis(1)) + self.derived.epsilon
    }

    /// What was added to every variance, ε.
    pub fn epsilon(&self) -> f64 {
        self.derived.epsilon
    }

    /// Priors π, k.
    pub fn class_prior(&self) -> ArrayView1<'_, f64> {
        self.derived.priors.as_slice().into()
    }

    /// Weights of the classes' rows, k; without weights, their numbers.
    pub fn class_count(&self) -> ArrayView1<'_, f64> {
        self.state.moments.weight.view()
    }

    /// ln π_c + Σⱼ ln P(xⱼ | c), n × k: scores before two classes become one column.
    pub fn joint_log_likelihood<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<F>>
    where
        F: 'a,
    {
        let x = x.into();
        self.state.features.check(x)?;
        self.check_variances()?;
        rows::checked(rows::values(self, x.dense("GaussianNb")?), x)
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("moments by class")
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }

    fn check_variances(&self) -> Result<()> {
        match self.derived.flat {
            None => Ok(()),
            Some((c, j)) => Err(Error::numerical(format!(
                "the variance of column {} in class {c} (counted from 0) is 0 or beyond f64; leave it out, scale it, or change `var_smoothing`",
                self.state.features.name(j)
            ))),
        }
    }
}

impl FitClasses for GaussianNb {
    type Model<F: Float> = GaussianNbModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<GaussianNbModel<F>> {
        let mut model = self.begin_classes(samples.y.k, Features::of(samples.x))?;
        model.learn_classes(samples)?;
        model.check_variances()?;
        Ok(model)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl FitBatches for GaussianNb {
    fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<GaussianNbModel<F>> {
        let moments = ClassMoments::empty(k, features.count());
        let state = State { settings: self.clone(), features, moments, scalar: PhantomData };
        let derived = state.derive()?;
        Ok(GaussianNbModel { state, derived })
    }
}

impl<F: Float> LearnClasses<F> for GaussianNbModel<F> {
    fn learn_classes(&mut self, batch: Samples<'_, F, ClassCodes>) -> Result<()> {
        self.state.features.check(batch.x)?;
        let x = batch.x.dense("GaussianNb")?;
        let moments = ClassMoments::new(x, batch.y.y, batch.y.k, batch.weights);
        if !moments.is_finite() {
            batch.x.check_finite()?;
            return Err(Error::numerical(
                "squares of the values leave the range of f64; scale the columns first",
            ));
        }
        let state = State { moments: self.state.moments.clone().combine(&moments), ..self.state.clone() };
        self.derived = state.derive()?;
        self.state = state;
        Ok(())
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.state.settings.class_weight
    }
}

impl<F: Float> Forms<F> for GaussianNbModel<F> {
    fn count(&self) -> usize {
        self.state.moments.weight.len()
    }

    fn cost(&self) -> usize {
        3 * self.derived.centres.len() * 8
    }

    /// (1)
    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]) {
        let p = self.state.features.count();
        out.fill([0.0; 8]);
        let at = g * p..(g + 1) * p;
        kernels::gaussian_eight(rows, &self.derived.centres[at.clone()], &self.derived.factors[at], out);
        let constants = &self.derived.constants[g];
        out.iter_mut().for_each(|out| out.iter_mut().zip(constants).for_each(|(out, c)| *out = c - *out));
    }
}

impl<F: Float> Scores<F> for GaussianNbModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.check_variances()?;
        rows::class_scores(self, &self.state.features, x, "GaussianNb")
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.check_variances()?;
        rows::class_scores_one(self, &self.state.features, row, out)
    }
}

impl<F: Float> Probabilities<F> for GaussianNbModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(rows::probabilities(self.scores(x)?))
    }
}

estimand_core::persist!(GaussianNbModel<F>, |_| Ok(()), |model, k| check_len(
    "classes",
    k,
    model.state.moments.weight.len()
));
