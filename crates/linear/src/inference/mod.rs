//! How sure the coefficients of a model are: standard errors, tests, intervals, and the statistics that are printed with them.
//!
//! ```text
//! least squares    y = Xw + b + ε, ε independent of variance σ²       Cov (b, w) = σ̂² (AᵀΩA)⁻¹         σ̂² = Σωe² / (n − r)       (1)
//! GLM, logistic    maximum likelihood                                 Cov (b, w) = φ̂ (AᵀΩHA)⁻¹         φ̂ = χ² / (n − r) or 1      (2)
//! t = ŵⱼ / sⱼ,  sⱼ = √Covⱼⱼ       interval ŵⱼ ± q sⱼ       q: quantile of Student's t (1) or of the normal distribution (2)
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | A | `(1, X)` | n × q: the column of ones is missing without an intercept |
//! | Ω | `weights` | how often each row occurs; 1 without |
//! | H | `information` | expectation of −∂² log-likelihood / ∂z² of each row |
//! | n, r | `n`, `rank` | Σω, and the number of linearly independent columns of A |
//!
//! `LinearRegression::new().summarize(&data)` gives a [`RegressionSummary`]; the generalised linear models and
//! [`LogisticRegression`](crate::LogisticRegression) for two classes give a [`GlmSummary`]. Both print as tables.
//!
//! **Weights are frequencies**: a weight of 2 is the row twice, in every number, so that n = Σω. (statsmodels calls this `freq_weights`; the
//! weights of its WLS, which are inverse variances, give the same coefficients and other standard errors.)
//!
//! **With a penalty** there is no unbiased estimate to give an error of, and `summarize` refuses: set `alpha(0.0)` or `c(f64::INFINITY)`.
//!
//! **Collinear columns** have many sets of coefficients that predict the same. Those that differ between the sets have no standard
//! error: it is NaN, and a note names them. The others, and all that is said of predictions and residuals, hold.
//!
//! 1. Fit, to working precision, in `f64` whatever the type of the data.
//! 2. X, weighted and centred, is taken to a triangle R (sparse records: to their Gram matrix); singular values of R with columns of
//!    one length give rank and inverse (`covariance`).
//! 3. One more pass over the rows for residuals. Costs 2np² + O(p³) beside the fit, and a copy of `f32` data.
//!
//! **Differs from statsmodels** in nothing that has full rank, see the parity tests; intercepts are called so and fitted unless
//! `fit_intercept(false)`; NaN in the place of arbitrary numbers for collinear columns.
//!
//! **References.** \[DurbinWatson50\], \[DAgostino73\] (omnibus), \[JarqueBera80\]; \[NelderWedderburn72\].

mod covariance;
mod generalised;
mod least_squares;
mod print;
mod residuals;
#[cfg(test)]
mod tests;

pub use generalised::GlmSummary;
pub use least_squares::RegressionSummary;

use covariance::Inverse;
use estimand_core::describe::inside;
use estimand_core::records::MatrixView;
use estimand_core::stats::Distribution;
use estimand_core::{Csr, Features, Float, Records, Result, Typed};
use ndarray::{Array1, Array2, ArrayView1};

/// What is known of one coefficient.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficient {
    /// `intercept`, or the name of the column.
    pub name: String,
    /// The coefficient.
    pub estimate: f64,
    /// Its standard error; NaN where collinear columns leave it undetermined.
    pub std_error: f64,
    /// The estimate over its standard error: t in least squares, else z.
    pub statistic: f64,
    /// Probability of a statistic at least as far from 0 if the coefficient were 0.
    pub p_value: f64,
    /// Bounds that hold the coefficient with a probability of 95 %.
    pub interval: (f64, f64),
}

/// A statistic and the probability of one at least as large if what it tests were so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// Probability of the intervals that are printed.
const LEVEL: f64 = 0.95;

/// Estimates with their covariance: (intercept and) coefficients.
struct Estimates {
    estimates: Vec<f64>,
    covariance: Array2<f64>,
    distribution: Distribution,
    names: Vec<String>,
}

impl Estimates {
    /// Equation (1) or (2): `scale` is σ̂² or φ̂.
    fn new(
        features: &Features,
        (coef, intercept): (&Array1<f64>, Option<f64>),
        inverse: &Inverse,
        scale: f64,
        distribution: Distribution,
    ) -> Self {
        let mut names: Vec<String> = intercept.iter().map(|_| "intercept".into()).collect();
        names.extend((0..features.count()).map(|j| features.name(j)));
        let mut covariance = &inverse.matrix * scale;
        for (j, _) in inverse.determined.iter().enumerate().filter(|(_, determined)| !**determined) {
            covariance.row_mut(j).fill(f64::NAN);
            covariance.column_mut(j).fill(f64::NAN);
        }
        let estimates = intercept.into_iter().chain(coef.iter().copied()).collect();
        Self { estimates, covariance, distribution, names }
    }

    fn coefficients(&self) -> Vec<Coefficient> {
        let intervals = intervals(&self.estimates, &self.covariance, self.distribution, LEVEL);
        let lines = self.names.iter().zip(&self.estimates).zip(self.covariance.diag()).zip(intervals);
        lines
            .map(|(((name, estimate), variance), interval)| {
                let std_error = variance.sqrt();
                let statistic = estimate / std_error;
                let p_value = self.distribution.two_sided(statistic);
                Coefficient {
                    name: name.clone(),
                    estimate: *estimate,
                    std_error,
                    statistic,
                    p_value,
                    interval,
                }
            })
            .collect()
    }
}

/// ŵⱼ ± q sⱼ
fn intervals(
    estimates: &[f64],
    covariance: &Array2<f64>,
    distribution: Distribution,
    level: f64,
) -> Vec<(f64, f64)> {
    let q = distribution.quantile(0.5 + 0.5 * level);
    let bounds = |(w, variance): (&f64, &f64)| (w - q * variance.sqrt(), w + q * variance.sqrt());
    estimates.iter().zip(covariance.diag()).map(bounds).collect()
}

/// The intervals of coefficients at another level than the one that is printed.
fn intervals_at(
    coefficients: &[Coefficient],
    covariance: &Array2<f64>,
    distribution: Distribution,
    level: f64,
) -> Result<Vec<(f64, f64)>> {
    inside(0.0, 1.0).check("level", &level)?;
    let estimates: Vec<f64> = coefficients.iter().map(|c| c.estimate).collect();
    Ok(intervals(&estimates, covariance, distribution, level))
}

/// Calls `f` with the records in `f64`, borrowed where they are so already.
fn with_f64<F: Float, R>(x: Records<'_, F>, f: impl FnOnce(Records<'_, f64>) -> Result<R>) -> Result<R> {
    let named = |records: Records<'_, f64>| match x.names() {
        Some(names) => f(records.with_names(names)),
        None => f(records),
    };
    match x.values() {
        MatrixView::Dense(x) => match F::typed_view(x) {
            Typed::F64(x) => named(x.into()),
            Typed::F32(x) => named((&x.mapv(f64::from)).into()),
        },
        MatrixView::Sparse(x) => match x.typed() {
            Typed::F64(x) => named(x.into()),
            Typed::F32(x) => {
                let (indptr, indices, data) = x.to_owned().into_parts();
                let data = data.into_iter().map(f64::from).collect();
                named((&Csr::new(x.ncols(), indptr, indices, data)?).into())
            }
        },
    }
}

fn widen<F: Float>(v: ArrayView1<'_, F>) -> Array1<f64> {
    v.mapv(|v| v.f64())
}

/// What there is to say of collinear and constant columns.
fn notes_of(inverse: &Inverse, features: &Features, intercept: bool) -> Vec<String> {
    let skip = usize::from(intercept);
    let names = |columns: &mut dyn Iterator<Item = usize>| {
        columns.map(|j| features.name(j)).collect::<Vec<_>>().join(", ")
    };
    let mut notes = Vec::new();
    if !inverse.constant.is_empty() {
        let list = names(&mut inverse.constant.iter().copied());
        notes.push(format!("constant beside the intercept, coefficient 0: {list}"));
    }
    let undetermined = |j: &usize| !inverse.determined[j + skip] && !inverse.constant.contains(j);
    let list = names(&mut (0..features.count()).filter(undetermined));
    if !list.is_empty() {
        notes.push(format!("collinear, so that their coefficients are not determined: {list}"));
    } else if inverse.condition > 1e3 {
        let condition = inverse.condition;
        notes.push(format!(
            "the condition number is large, {condition:.3e}: columns are nearly collinear, or of very different scales"
        ));
    }
    notes
}
