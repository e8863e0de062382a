//! Gaussian process classification with the logistic link, by the approximation of Laplace.
//!
//! ```text
//! P(yᵢ = 1 | f) = σ(fᵢ)        Ψ(f) = Σ ωᵢ ln P(yᵢ | fᵢ) − ½ fᵀK⁻¹f  is largest at f̂                            (1)
//! f | y  ≈  normal with mean f̂ and precision K⁻¹ + W        W = diag ωπ(1 − π),  π = σ(f̂)
//! B = I + √W K √W = LLᵀ         ln p(y | θ) ≈ Ψ(f̂) − Σ ln Lᵢᵢ                                                  (2)
//! f(x): mean kᵀg, g = ω(y − π)      variance k(x, x) − ‖L⁻¹√W k‖²                                              (3)
//! P(y = 1 | x) = ∫ σ(f) N(f; mean, variance) df                                                               (4)
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | f̂, g, √W | `mode`, `pull`, `roots` | n |
//! | θ | [`Covariance::theta`] | logarithms of hyper-parameters |
//!
//! 1. Check. Of more than two classes, each against all others has a process and hyper-parameters of its own.
//! 2. θ of the largest (2), as in [`regression`](crate::regression); f̂ by Newton's method, with steps halved until (1)
//!    rises.
//! 3. g, √W and L for these.
//!
//! Scores are the logits of (4), and of several classes probabilities are (4) divided by their sum. Costs O(n³) for each
//! step of Newton's method in each trial and for each class; 8n² bytes for each class in the model. Predicting a class
//! of two costs O(np), a probability O(n²).
//!
//! **Differs from scikit-learn.** Sample weights are read, and are the same as rows repeated; only white noise in the covariance
//! is that of a row with all its repetitions. (4) is integrated to full precision and not approximated by five error
//! functions. Without a kernel, the length scale is learnt. There is no one-versus-one.
//!
//! **References.** \[Rasmussen06, alg. 3.1, 3.2, 5.1\].

mod laplace;
mod model;
#[cfg(test)]
mod tests;

pub use model::GaussianProcessClassifierModel;

use crate::covariance::Covariance;
use crate::learn::{Rows, Search, learn};
use estimand_core::describe::{above, at_least};
use estimand_core::{ClassCodes, ClassWeight, Features, FitClasses, Float, Report, Result, Samples};
use laplace::Task;
use model::Latent;

estimand_core::params! {
    /// Gaussian process classification; see [the module](crate::classification).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_gaussian_process::{Covariance, GaussianProcessClassifier};
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [2.0], [6.0], [7.0], [8.0]];
    /// let y = ["low", "low", "low", "high", "high", "high"];
    /// let covariance = Covariance::constant(4.0) * Covariance::rbf(2.0);
    /// let model = GaussianProcessClassifier::new().kernel(covariance).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[0.5], [7.5]])?.to_vec(), ["low", "high"]);
    /// let unsure = model.predict_proba(&array![[100.0]])?;
    /// assert!((unsure[[0, 0]] - 0.5_f64).abs() < 1e-6);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct GaussianProcessClassifier {
        /// The covariance, and where its hyper-parameters begin.
        kernel: Covariance = Covariance::constant(1.0) * Covariance::rbf(1.0);
        /// Whether to learn the hyper-parameters.
        optimize: bool = true;
        /// Random starts beside the given one.
        n_restarts_optimizer: usize = 0;
        /// Most steps from each start.
        max_iter: usize = 200, at_least(1.0);
        /// Most steps of Newton's method in each trial.
        max_iter_predict: usize = 100, at_least(1.0);
        /// The evidence that one more step may still bring, relative to it, where the search ends.
        tol: f64 = 1e-9, above(0.0);
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Seed of the random starts.
        seed: u64 = 0;
    }
    accepts: weights;
}

const NAME: &str = "GaussianProcessClassifier";

impl FitClasses for GaussianProcessClassifier {
    type Model<F: Float> = GaussianProcessClassifierModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Self::Model<F>> {
        let rows = Rows::new(&samples, &self.kernel, NAME)?;
        let search = Search {
            restarts: self.n_restarts_optimizer,
            max_iter: self.max_iter,
            tol: self.tol,
            seed: self.seed,
        };
        let columns = if samples.y.k == 2 { 1 } else { samples.y.k };
        let each = estimand_par::try_map(columns, |c| {
            let own = if samples.y.k == 2 { 1 } else { c as u32 };
            let task = Task {
                table: &rows.table,
                weights: &rows.weights,
                positive: rows.numbers.iter().map(|i| samples.y.y[*i] == own).collect(),
                steps: self.max_iter_predict,
            };
            let (covariance, report) = match self.optimize && !self.kernel.theta().is_empty() {
                true => learn(&self.kernel, &search, |covariance| task.evidence(covariance))?,
                false => (self.kernel.clone(), Report::direct("Laplace")),
            };
            let (mode, settled) = task.mode(&covariance)?;
            Ok((Latent::new(covariance, mode), report, settled))
        })?;
        let evidence = each.iter().map(|(latent, ..)| latent.evidence()).sum::<f64>() / columns as f64;
        let converged = each.iter().all(|(_, report, settled)| report.converged && *settled);
        let iterations = each.iter().map(|(_, report, _)| report.iterations).max().unwrap_or(0);
        let mut report = Report::iterative("Laplace", iterations, converged)
            .objective(evidence)
            .warn_unless_converged(NAME, "raise `max_iter` or `max_iter_predict`");
        for note in each.iter().flat_map(|(_, report, _)| &report.notes) {
            if !report.notes.contains(note) {
                report = report.note(note);
            }
        }
        let latents = each.into_iter().map(|(latent, ..)| latent).collect();
        Ok(GaussianProcessClassifierModel::new(rows.table, latents, Features::of(samples.x), report))
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}
