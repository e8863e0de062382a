//! SAMME.

use super::{Learner, boosted, needs_weights};
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, Classifier, Error, Features, Fit, FitClasses, Float, Persist, Predict, PredictOne,
    Probabilities, Records, Report, Result, Samples, Scores, Scratch,
};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

boosted! {
    /// Boosts a classifier; see [the module](crate::adaboost).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::{AdaBoostClassifier, ExtraTreesClassifier};
    /// use ndarray::Array2;
    ///
    /// // A tree of one split cannot tell what lies between two thresholds; several can.
    /// let x = Array2::from_shape_fn((60, 1), |(i, _)| i as f64);
    /// let y: Vec<bool> = (0..60).map(|i| (20..40).contains(&i)).collect();
    /// let stump = ExtraTreesClassifier::new().n_trees(20).max_depth(Some(1));
    /// let model = AdaBoostClassifier::new(stump).fit((&x, &y))?;
    /// assert!(model.predict(&x)?.iter().zip(&y).filter(|(a, b)| a == b).count() > 50);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    AdaBoostClassifier;
    /// Most rounds.
    n_estimators: usize = 50, at_least(1.0);
    /// η: how much each round counts.
    learning_rate: f64 = 1.0, above(0.0);
}

/// A fitted [`AdaBoostClassifier`]: its learners predict class codes.
///
/// Decision values are (2), divided by the sum of α; of two classes, the second's less the first's. Probabilities are
/// exponentials of the scores, as if these were half the odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "M: Serialize", deserialize = "M: Deserialize<'de>"))]
pub struct AdaBoostClassifierModel<F, M> {
    learners: Vec<Learner<Classifier<M, u32>>>,
    k: usize,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

impl<E> FitClasses for AdaBoostClassifier<E>
where
    E: FitClasses,
{
    type Model<F: Float> = AdaBoostClassifierModel<F, E::Model<F>>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Self::Model<F>> {
        needs_weights(&self.estimator)?;
        let Samples { x, y, weights, .. } = samples;
        let mut weights: Vec<f64> = match weights {
            Some(w) => w.iter().map(|w| w.f64()).collect(),
            None => vec![1.0; x.nrows()],
        };
        normalise(&mut weights);
        let (codes, k) = (y.y.to_owned(), y.k);
        let guessing = 1.0 - 1.0 / k as f64;
        let (mut learners, mut converged) = (Vec::new(), false);
        for _ in 0..self.n_estimators {
            let rounded = Array1::from_iter(weights.iter().map(|w| F::of(*w)));
            let samples = Samples::<'_, F, Array1<u32>>::new(x, codes.view()).with_weights(&rounded);
            let model = self.estimator.fit_samples(samples)?;
            let predicted = model.predict_records(x)?;
            let wrong: Vec<bool> = predicted.iter().zip(&codes).map(|(a, b)| a != b).collect();
            let error: f64 = weights.iter().zip(&wrong).filter(|(_, wrong)| **wrong).map(|(w, _)| w).sum();
            if error <= 0.0 {
                // Nothing is left to learn; it alone decides with what came before.
                learners.push(Learner { model, weight: 1.0, error: 0.0 });
                converged = true;
                break;
            }
            if error >= guessing {
                // No better than guessing; the first learner is kept for want of another.
                if learners.is_empty() {
                    learners.push(Learner { model, weight: 1.0, error });
                }
                converged = true;
                break;
            }
            // (1), (2)
            let weight = self.learning_rate * (((1.0 - error) / error).ln() + (k as f64 - 1.0).ln());
            learners.push(Learner { model, weight, error });
            let factor = weight.exp();
            weights.iter_mut().zip(&wrong).filter(|(_, wrong)| **wrong).for_each(|(w, _)| *w *= factor);
            if !normalise(&mut weights) {
                return Err(Error::numerical(
                    "weights of rows leave the range of f64; lower `learning_rate`",
                ));
            }
        }
        let report = Report::iterative("SAMME", learners.len(), true).note(if converged {
            "stopped early"
        } else {
            "all rounds were made"
        });
        Ok(AdaBoostClassifierModel { learners, k, features: Features::of(x), report, scalar: PhantomData })
    }

    fn class_weight(&self) -> &estimand_core::ClassWeight {
        self.estimator.class_weight()
    }
}

/// Weights that sum to one, if their sum is a number.
fn normalise(weights: &mut [f64]) -> bool {
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    total.is_finite() && total > 0.0
}

impl<F: Float, M: Scores<F>> AdaBoostClassifierModel<F, M> {
    /// The learners, in the order in which they were learnt.
    pub fn learners(&self) -> &[Learner<Classifier<M, u32>>] {
        &self.learners
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Decision values after each learner.
    ///
    /// # Errors
    /// Those of the learners' `predict`.
    pub fn staged_scores<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Vec<Array2<F>>>
    where
        F: 'a,
    {
        let x = x.into();
        self.features.check(x)?;
        let mut votes = Array2::zeros((x.nrows(), self.k));
        let mut total = 0.0;
        let stages = self.learners.iter().map(|learner| {
            vote(learner, x, &mut votes)?;
            total += learner.weight;
            Ok(self.decisions(votes.view(), total))
        });
        stages.collect()
    }

    /// Σ α_t [ŷ_t = c]
    fn votes(&self, x: Records<'_, F>) -> Result<Array2<f64>> {
        self.features.check(x)?;
        let mut votes = Array2::zeros((x.nrows(), self.k));
        self.learners.iter().try_for_each(|learner| vote(learner, x, &mut votes))?;
        Ok(votes)
    }

    fn total(&self) -> f64 {
        self.learners.iter().map(|learner| learner.weight).sum()
    }

    fn decisions(&self, votes: ArrayView2<'_, f64>, total: f64) -> Array2<F> {
        match self.k {
            2 => {
                let odds = &votes.column(1) - &votes.column(0);
                odds.mapv(|v| F::of(v / total)).insert_axis(Axis(1))
            }
            _ => votes.mapv(|v| F::of(v / total)),
        }
    }
}

fn vote<F: Float, M: Scores<F>>(
    learner: &Learner<Classifier<M, u32>>,
    x: Records<'_, F>,
    votes: &mut Array2<f64>,
) -> Result<()> {
    let predicted = learner.model.predict_records(x)?;
    predicted.iter().zip(votes.rows_mut()).for_each(|(c, mut votes)| votes[*c as usize] += learner.weight);
    Ok(())
}

impl<F: Float, M: Scores<F>> Scores<F> for AdaBoostClassifierModel<F, M> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(self.decisions(self.votes(x)?.view(), self.total()))
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        out.clear();
        out.resize(if self.k == 2 { 1 } else { self.k }, F::zero());
        let total = self.total();
        // The votes of a class, one by one, so that they are those of a batch whatever the scalar.
        for (c, out) in out.iter_mut().enumerate() {
            let (mut votes, mut against) = (0.0, 0.0);
            for learner in &self.learners {
                let class = *learner.model.predict_one(row, scratch)? as usize;
                let wanted = if self.k == 2 { 1 } else { c };
                *(if class == wanted { &mut votes } else { &mut against }) += learner.weight;
            }
            *out = F::of(if self.k == 2 { votes - against } else { votes } / total);
        }
        Ok(())
    }
}

impl<F: Float, M: Scores<F>> Probabilities<F> for AdaBoostClassifierModel<F, M> {
    /// Of two classes 1 / (1 + exp(−d)); of k, exponentials of d k / (k − 1)², in proportion, where d are centred votes.
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let (mut votes, total, k) = (self.votes(x)?, self.total(), self.k as f64);
        votes.rows_mut().into_iter().for_each(|mut votes| {
            // A vote for one class is one of 1 / (k − 1) against each other one; the sum is divided by k − 1.
            votes.mapv_inplace(|v| (v - (total - v) / (k - 1.0)) / total / (k - 1.0));
            let most = votes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            votes.mapv_inplace(|v| (v - most).exp());
            let sum = votes.sum();
            votes /= sum;
        });
        Ok(votes.mapv(F::of))
    }
}

impl<F: Float, M: Persist> Persist for AdaBoostClassifierModel<F, M> {
    fn type_name() -> String {
        format!("AdaBoostClassifierModel<{}>", M::type_name())
    }
    fn check_loaded(&self) -> Result<()> {
        self.features.check_loaded()?;
        if self.learners.is_empty() || self.learners.iter().any(|l| !(l.weight.is_finite() && l.weight > 0.0))
        {
            return Err(Error::Persist { what: "no learners, or weights that are not positive".into() });
        }
        self.learners.iter().try_for_each(|learner| {
            learner.model.check_loaded()?;
            match learner.model.classes().iter().any(|c| *c as usize >= self.k) {
                true => Err(Error::Persist { what: "a learner predicts a class that there is not".into() }),
                false => Ok(()),
            }
        })
    }
    fn check_classes(&self, k: usize) -> Result<()> {
        check_len("classes", k, self.k)
    }
}
