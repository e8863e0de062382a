//! AdaBoost.R2.

use super::{Learner, boosted, needs_weights};
use crate::forest::Bag;
use estimand_core::describe::{above, at_least};
use estimand_core::order::median;
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Persist, Predict, PredictOne, Records, Report, Result, Samples,
    Scratch, Seed,
};
use ndarray::{Array1, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

/// How an error of a size between 0 and 1 counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdaBoostLoss {
    /// As it is.
    #[default]
    Linear,
    /// Its square.
    Square,
    /// 1 − e^(−l)
    Exponential,
}

boosted! {
    /// Boosts a regressor; see [the module](crate::adaboost).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::{AdaBoostRegressor, ExtraTreesRegressor};
    /// use ndarray::Array2;
    ///
    /// let x = Array2::from_shape_fn((100, 1), |(i, _)| i as f64 / 10.0);
    /// let y = x.column(0).mapv(f64::sin);
    /// let small = ExtraTreesRegressor::new().n_trees(10).max_depth(Some(5));
    /// let model = AdaBoostRegressor::new(small).n_estimators(20).fit((&x, &y))?;
    /// let worst = (model.predict(&x)? - &y).iter().fold(0.0_f64, |worst, d| worst.max(d.abs()));
    /// assert!(worst < 0.4);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    AdaBoostRegressor;
    /// Most rounds.
    n_estimators: usize = 50, at_least(1.0);
    /// η: how much each round counts.
    learning_rate: f64 = 1.0, above(0.0);
    /// L: how errors count.
    loss: AdaBoostLoss = AdaBoostLoss::Linear;
    /// Whether each learner sees rows drawn by their weights, as many as there are, or all rows with their weights.
    bootstrap: bool = true;
    /// Of the rows drawn.
    seed: u64 = 0;
}

/// A fitted [`AdaBoostRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaBoostRegressorModel<M> {
    learners: Vec<Learner<M>>,
    features: Features,
    report: Report,
}

impl<F, E, M> Fit<F, Array1<F>> for AdaBoostRegressor<E>
where
    F: Float,
    E: Fit<F, Array1<F>, Model = M> + Describe,
    M: Predict<F, Output = Array1<F>>,
{
    type Model = AdaBoostRegressorModel<M>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<Self::Model> {
        self.check()?;
        needs_weights(&self.estimator)?;
        samples.check()?;
        let Samples { x, y, .. } = samples;
        check_finite_target(y.insert_axis(Axis(1)))?;
        let given: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let bag = Bag::new(x.nrows(), given.as_deref(), None);
        let mut weights = given.unwrap_or_else(|| vec![1.0; x.nrows()]);
        let (mut learners, mut early) = (Vec::new(), false);
        for round in 0..self.n_estimators {
            let total: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= total);
            let rows = match self.bootstrap {
                true => bag.reweighted(&weights).draw(&mut Seed(self.seed).stream(round as u64)),
                false => weights.clone(),
            };
            let rows = Array1::from_iter(rows.into_iter().map(F::of));
            let model = self.estimator.fit_samples(Samples { weights: Some(rows.view()), ..samples })?;
            let (error, losses) = self.losses(y, &model.predict_records(x)?, &weights);
            if error <= 0.0 {
                learners.push(Learner { model, weight: 1.0, error });
                early = true;
                break;
            }
            if error >= 0.5 {
                // No better than guessing; the first learner is kept for want of another.
                if learners.is_empty() {
                    learners.push(Learner { model, weight: 1.0, error });
                }
                early = true;
                break;
            }
            // (4)
            let beta = error / (1.0 - error);
            learners.push(Learner { model, weight: -self.learning_rate * beta.ln(), error });
            weights.iter_mut().zip(losses).for_each(|(w, l)| *w *= beta.powf(self.learning_rate * (1.0 - l)));
        }
        let note = if early { "stopped early" } else { "all rounds were made" };
        let report = Report::iterative("AdaBoost.R2", learners.len(), true).note(note);
        Ok(AdaBoostRegressorModel { learners, features: Features::of(x), report })
    }
}

impl<E> AdaBoostRegressor<E> {
    /// (3), and ε.
    fn losses<F: Float>(
        &self,
        y: ArrayView1<'_, F>,
        predicted: &Array1<F>,
        weights: &[f64],
    ) -> (f64, Vec<f64>) {
        let distance = |(y, p): (&F, &F)| (y.f64() - p.f64()).abs();
        let mut losses: Vec<f64> = y.iter().zip(predicted).map(distance).collect();
        let present = losses.iter().zip(weights).filter(|(_, w)| **w > 0.0);
        let largest = present.fold(0.0_f64, |largest, (l, _)| largest.max(*l));
        if largest > 0.0 {
            losses.iter_mut().for_each(|l| *l = (*l / largest).min(1.0));
        }
        match self.loss {
            AdaBoostLoss::Linear => {}
            AdaBoostLoss::Square => losses.iter_mut().for_each(|l| *l *= *l),
            AdaBoostLoss::Exponential => losses.iter_mut().for_each(|l| *l = -(-*l).exp_m1()),
        }
        (losses.iter().zip(weights).map(|(l, w)| l * w).sum(), losses)
    }
}

impl<M> AdaBoostRegressorModel<M> {
    /// The learners, in the order in which they were learnt.
    pub fn learners(&self) -> &[Learner<M>] {
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

    fn predictions<F: Float>(&self, x: Records<'_, F>) -> Result<Vec<Array1<F>>>
    where
        M: Predict<F, Output = Array1<F>>,
    {
        self.features.check(x)?;
        self.learners.iter().map(|learner| learner.model.predict_records(x)).collect()
    }

    /// (5) of the first learners, so many of them.
    fn middle<F: Float>(&self, values: impl Iterator<Item = F>) -> F {
        let weighted = values.zip(&self.learners).map(|(v, learner)| (v.f64(), learner.weight));
        F::of(median(weighted).unwrap_or(0.0))
    }

    /// Predictions after each learner.
    ///
    /// # Errors
    /// Those of the learners' `predict`.
    pub fn staged_predict<'a, F>(&self, x: impl Into<Records<'a, F>>) -> Result<Vec<Array1<F>>>
    where
        M: Predict<F, Output = Array1<F>>,
        F: Float + 'a,
    {
        let x = x.into();
        let all = self.predictions(x)?;
        let stage = |t: usize| (0..x.nrows()).map(|i| self.middle(all[..t].iter().map(|p| p[i]))).collect();
        Ok((1..=all.len()).map(stage).collect())
    }
}

impl<F: Float, M: Predict<F, Output = Array1<F>>> Predict<F> for AdaBoostRegressorModel<M> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        let all = self.predictions(x)?;
        Ok((0..x.nrows()).map(|i| self.middle(all.iter().map(|p| p[i]))).collect())
    }
}

impl<F: Float, M> PredictOne<F> for AdaBoostRegressorModel<M>
where
    M: for<'m> PredictOne<F, One<'m> = F> + 'static,
{
    type One<'m> = F;

    /// Gathers the learners' predictions: the only memory that is allocated.
    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        self.features.check_width(row.len())?;
        let mut values = scratch.take();
        let outcome = self.learners.iter().try_for_each(|learner| {
            values.push(learner.model.predict_one(row, scratch)?);
            Ok(())
        });
        let middle = self.middle(values.iter().copied());
        scratch.give(values);
        outcome.map(|()| middle)
    }
}

impl<M: Persist> Persist for AdaBoostRegressorModel<M> {
    fn type_name() -> String {
        format!("AdaBoostRegressorModel<{}>", M::type_name())
    }
    fn check_loaded(&self) -> Result<()> {
        self.features.check_loaded()?;
        if self.learners.is_empty() || self.learners.iter().any(|l| !(l.weight.is_finite() && l.weight > 0.0))
        {
            return Err(Error::Persist { what: "no learners, or weights that are not positive".into() });
        }
        self.learners.iter().try_for_each(|learner| learner.model.check_loaded())
    }
}
