//! Quadratic discriminant analysis.
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | π, m | `priors`, `means` | k, k × p |
//! | Σ_c = (1 − r) S_c + r I | `covariance` | k times p × p; r is `reg_param`, S_c shrunk first |
//! | A_c | `whitening` | k times p × p: A_cᵀ Σ_c A_c = I |
//!
//! 1. Check; means by class.
//! 2. For each class S_c, with the divisor W_c, and A_c from the eigenvalues of Σ_c in scaled columns.
//! 3. Scores `ln π_c − ½ ln det Σ_c − ½ ‖A_cᵀ(x − m_c)‖²`.
//!
//! Costs O(np² + kp³) to fit, O(nkp²) to predict. Needs more rows than columns in every class; with fewer, use `reg_param` or
//! shrinkage, or [`LinearDiscriminantAnalysis`](super::LinearDiscriminantAnalysis).
//!
//! **Differs from scikit-learn.** A singular Σ_c is judged in scaled columns: a deviation of at most `tol` is an error;
//! scikit-learn compares variances in the units of the data with 1e-4, and so refuses small units. `reg_param`
//! regularises all directions, also where a class has fewer rows than columns. Shrinkage and `reg_param` go together.
//! Sample weights and class weights are honoured.

use super::covariance::{ByClass, Shrinkage, deviations, whiten};
use estimand_core::describe::{between, inside};
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, ClassWeight, Describe, Error, Features, FitClasses, Float, Priors, Probabilities, Records,
    Report, Result, Samples, Scores, Scratch,
};
use estimand_kernels as kernels;
use estimand_linalg::{Forms, rows};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

estimand_core::params! {
    /// Quadratic discriminant analysis: each class has a covariance of its own.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::QuadraticDiscriminantAnalysis;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.0, -1.0], [-2.0, -1.0], [-3.0, -2.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0]];
    /// let model = QuadraticDiscriminantAnalysis::new().fit((&x, &[1, 1, 1, 2, 2, 2]))?;
    /// assert_eq!(model.predict(&array![[-0.8, -1.0]])?.to_vec(), [1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct QuadraticDiscriminantAnalysis {
        /// Of the covariances, towards multiples of the unit matrix.
        shrinkage => Shrinkage = Shrinkage::None;
        /// How likely each class is before a record has been seen; in the order of the classes where given.
        priors => Priors = Priors::Empirical;
        /// The share r of the unit matrix in every covariance.
        reg_param: f64 = 0.0, between(0.0, 1.0);
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// A class without more deviation than this in some direction, of columns scaled to unit variance, is refused.
        tol: f64 = 1e-4, inside(0.0, 1.0);
        /// Whether the model keeps the covariances.
        store_covariance: bool = false;
    }
    accepts: weights;
}

/// A fitted [`QuadraticDiscriminantAnalysis`], in `f64` whatever the records are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct QuadraticDiscriminantModel<F> {
    means: Array2<f64>,
    priors: Vec<f64>,
    /// ln π_c − ½ ln det Σ_c
    constants: Vec<f64>,
    /// A_c for each class: p values of its first eight columns, then of the next eight, the last filled up with zeros.
    whitening: Vec<Vec<[f64; 8]>>,
    covariance: Vec<Array2<f64>>,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> QuadraticDiscriminantModel<F> {
    /// Means of the classes, k × p.
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.means.view()
    }

    /// Priors π, k.
    pub fn priors(&self) -> ArrayView1<'_, f64> {
        self.priors.as_slice().into()
    }

    /// Σ_c of each class, p × p, where `store_covariance` was set; else none.
    pub fn covariance(&self) -> &[Array2<f64>] {
        &self.covariance
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn check_loaded(&self) -> Result<()> {
        let (k, p) = (self.constants.len(), self.features.count());
        self.features.check_loaded()?;
        check_len("rows of the means", k, self.means.nrows())?;
        check_len("columns of the means", p, self.means.ncols())?;
        check_len("classes", k, self.whitening.len())?;
        self.whitening.iter().try_for_each(|a| check_len("whitening", p.div_ceil(8) * p, a.len()))?;
        let mut numbers = self.means.iter().chain(self.whitening.iter().flatten().flatten());
        // A class of prior 0 has the constant −∞.
        let possible = self.constants.iter().all(|v| *v < f64::INFINITY);
        if !(possible && numbers.all(|v| v.is_finite())) {
            return Err(Error::Persist { what: "means or covariances are not numbers".into() });
        }
        Ok(())
    }
}

impl FitClasses for QuadraticDiscriminantAnalysis {
    type Model<F: Float> = QuadraticDiscriminantModel<F>;

    fn fit_classes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
    ) -> Result<QuadraticDiscriminantModel<F>> {
        self.shrinkage.check()?;
        let features = Features::of(samples.x);
        let classes = ByClass::new(samples, &self.name())?;
        let (k, p) = classes.moments.mean.dim();
        let priors = self.priors.of(classes.moments.weight.as_slice().unwrap_or_default())?;
        let (mut constants, mut whitening, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for (c, prior) in priors.iter().enumerate() {
            let mut covariance = classes.shrunk_of_class(c, self.shrinkage)?;
            covariance *= 1.0 - self.reg_param;
            covariance.diag_mut().mapv_inplace(|v| v + self.reg_param);
            let scale = deviations(&covariance.diag().to_owned(), |j| classes.moments.mean[[c, j]]);
            let found = whiten(covariance.clone(), &scale, self.tol)?;
            let rank = found.directions.ncols();
            if rank < p {
                return Err(Error::numerical(format!(
                    "the covariance of class {c} (counted from 0) has rank {rank} of {p}: its columns are collinear or constant, or its rows too few; use `reg_param` or `shrinkage`"
                )));
            }
            constants.push(prior.ln() - 0.5 * found.log_det);
            let a = |b: usize, j: usize| {
                std::array::from_fn(|l| found.directions.get((j, 8 * b + l)).copied().unwrap_or(0.0))
            };
            whitening.push(
                (0..p.div_ceil(8)).flat_map(|b| (0..p).map(move |j| (b, j))).map(|(b, j)| a(b, j)).collect(),
            );
            if self.store_covariance {
                kept.push(covariance);
            }
        }
        let model = QuadraticDiscriminantModel {
            means: classes.moments.mean,
            priors,
            constants,
            whitening,
            covariance: kept,
            features,
            report: Report::direct("eigenvalues of the covariances")
                .note(format!("{k} covariances of rank {p}")),
            scalar: PhantomData,
        };
        let range = "covariances leave the range of f64; bring the columns to similar scales";
        model.check_loaded().map_err(|_| Error::numerical(range))?;
        Ok(model)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl<F: Float> Forms<F> for QuadraticDiscriminantModel<F> {
    fn count(&self) -> usize {
        self.constants.len()
    }

    fn cost(&self) -> usize {
        self.whitening.iter().map(|a| 8 * a.len()).sum()
    }

    /// (1)
    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]) {
        let p = self.features.count();
        let mut z = [[0.0; 8]; rows::ROWS];
        let z = &mut z[..rows.len()];
        let classes = self.whitening.iter().zip(self.means.rows()).zip(&self.constants).skip(8 * g).take(8);
        for (l, ((whitening, mean), constant)) in classes.enumerate() {
            out.iter_mut().for_each(|out| out[l] = *constant);
            for directions in whitening.chunks_exact(p) {
                z.fill([0.0; 8]);
                kernels::linear_eight(rows, mean.as_slice().unwrap_or_default(), directions, z);
                for (out, z) in out.iter_mut().zip(&*z) {
                    out[l] -= 0.5 * z.iter().map(|z| z * z).sum::<f64>();
                }
            }
        }
    }
}

impl<F: Float> Scores<F> for QuadraticDiscriminantModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        rows::class_scores(self, &self.features, x, "QuadraticDiscriminantAnalysis")
    }

    fn codes(&self, x: Records<'_, F>) -> Result<Array1<u32>> {
        rows::class_codes(self, &self.features, x, "QuadraticDiscriminantAnalysis")
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        rows::class_scores_one(self, &self.features, row, out)
    }
}

impl<F: Float> Probabilities<F> for QuadraticDiscriminantModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(rows::probabilities(self.scores(x)?))
    }
}

estimand_core::persist!(
    QuadraticDiscriminantModel<F>,
    |model| QuadraticDiscriminantModel::check_loaded(model),
    |model, k| { check_len("classes", k, model.constants.len()) }
);
