//! Orthogonal matching pursuit: least squares on few columns, chosen one by one.
//!
//! ```text
//! minimise over w, b     Σᵢ ωᵢ (yᵢ − xᵢw − b)²      with at most k entries of w other than zero, or until it is ≤ tol
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | S, C | `products` | p × p, p: X̃ᵀX̃ and X̃ᵀỹ, X̃ weighted and centred as in [ridge](crate::ridge) |
//! | c | `c` | p: covariances X̃ᵀ(ỹ − X̃w) |
//! | A, L | `active`, `factor` | columns in the model; Sₐₐ = LLᵀ |
//!
//! 1. Centre. Form S only where many of its rows will be wanted; otherwise rows as they are.
//! 2. The column of the largest |cⱼ| enters, the first of equals: no other one column, moved a little, lowers the
//!    objective faster. L grows by a row.
//! 3. wₐ = Sₐₐ⁻¹Cₐ (1): the residual is orthogonal to all of A. ‖residual‖² = ỹᵀỹ − ‖L⁻¹Cₐ‖² (2).
//! 4. Again, until there are k columns or (2) ≤ tol; or until what is left is orthogonal to all columns, which the
//!    report says.
//!
//! Cost: min(np²/2, ≈ 2knp) + k²p. Columns are not scaled: scale them first where their units differ.
//!
//! **Differs from scikit-learn**, which has no weights and no sparse records here, and always forms S for n > p.
//!
//! **References.** \[Pati93\]; by Cholesky updates, \[Rubinstein08\].

pub mod cv;
#[cfg(test)]
mod tests;

pub use cv::{OrthogonalMatchingPursuitCv, OrthogonalMatchingPursuitCvModel};

use crate::active::ActiveFactor;
use crate::model::Outputs;
use crate::products::{Products, by_size, with_products};
use crate::ridge::problem::{Means, Problem};
use estimand_core::describe::at_least;
use estimand_core::{Describe, Fit, Float, Report, Result, Samples};
use ndarray::Array2;

estimand_core::params! {
    /// Least squares on few columns, chosen one by one.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::OrthogonalMatchingPursuit;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((40, 6), |(i, j)| ((i * (j + 3) * (j + 7)) % 23) as f64);
    /// let y: Array1<f64> = x.rows().into_iter().map(|x| 3.0 * x[1] - 2.0 * x[4] + 5.0).collect();
    /// let model = OrthogonalMatchingPursuit::new().n_nonzero_coefs(Some(2)).fit((&x, &y))?;
    /// assert!((model.coef()[1] - 3.0).abs() < 1e-12 && (model.coef()[4] + 2.0).abs() < 1e-12);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct OrthogonalMatchingPursuit {
        /// Most non-zero coefficients; by default a tenth of the columns, but at least one.
        n_nonzero_coefs: Option<usize> = None, at_least(1.0);
        /// Sum of squared residuals at which to stop; where it is given, `n_nonzero_coefs` has no default.
        tol: Option<f64> = None, at_least(0.0);
        /// Whether to fit an intercept. Without one, data are taken as centred.
        fit_intercept: bool = true;
    }
    accepts: sparse, weights;
}

/// Where a pursuit led.
struct Pursuit {
    /// In the order in which they were chosen.
    active: Vec<usize>,
    /// Coefficients of the active columns after each step, if asked for; after the last one otherwise.
    coefs: Vec<Vec<f64>>,
    /// ‖residual‖²
    squares: f64,
    /// Whether it ended because nothing was left to explain.
    premature: bool,
}

/// |cⱼ| below which a residual is orthogonal to a column, as a share of the largest |Cⱼ|: rounding.
const ORTHOGONAL: f64 = 1e-14;

/// Steps 2 to 4 of the statement for target k.
fn pursue(products: &mut Products<'_>, k: usize, most: usize, tol: Option<f64>, keep: bool) -> Pursuit {
    let first = products.cross.column(k).to_vec();
    let (mut c, mut factor) = (first.clone(), ActiveFactor::default());
    let mut chosen = vec![false; c.len()];
    let largest = first.iter().fold(0.0, |max: f64, c| max.max(c.abs()));
    let mut pursuit = Pursuit {
        active: Vec::new(),
        coefs: Vec::new(),
        squares: products.target_squares[k],
        premature: false,
    };
    let done = |squares: f64| tol.is_some_and(|tol| squares <= tol);
    while pursuit.active.len() < most && !done(pursuit.squares) {
        let best = (0..c.len()).filter(|j| !chosen[*j]).fold(None, |best: Option<usize>, j| match best {
            Some(b) if c[b].abs() >= c[j].abs() => best,
            _ => Some(j),
        });
        let Some(j) =
            best.filter(|j| c[*j].abs() > ORTHOGONAL * largest && pursuit.active.len() < products.rank)
        else {
            pursuit.premature = true;
            break;
        };
        products.want(j, || by_size(&c, |j| chosen[j]));
        let row = products.row(j);
        if !factor.push(pursuit.active.iter().map(|i| row[*i]).collect(), row[j]) {
            pursuit.premature = true;
            break;
        }
        chosen[j] = true;
        pursuit.active.push(j);
        let mut w: Vec<f64> = pursuit.active.iter().map(|j| first[*j]).collect();
        factor.half_solve(&mut w);
        pursuit.squares = (products.target_squares[k] - w.iter().map(|w| w * w).sum::<f64>()).max(0.0);
        factor.other_half_solve(&mut w);
        let fitted = products.combine(&pursuit.active, &w);
        c.iter_mut().zip(&first).zip(&fitted).for_each(|((c, first), fitted)| *c = first - fitted);
        if !keep {
            pursuit.coefs.clear();
        }
        pursuit.coefs.push(w);
    }
    pursuit
}

impl<F: Float, Y: Outputs<F>> Fit<F, Y> for OrthogonalMatchingPursuit {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        samples.check()?;
        let p = samples.x.ncols();
        let most = match (self.n_nonzero_coefs, self.tol) {
            (Some(most), _) => most.min(p),
            (None, Some(_)) => p,
            (None, None) => (p / 10).max(1),
        };
        let problem = Problem::new(&samples, self.fit_intercept);
        let solution = with_products(&problem, Some(most), |products| {
            let t = products.cross.ncols();
            let mut coef = Array2::zeros((p, t));
            let (mut steps, mut squares, mut premature) = (0, 0.0, false);
            for k in 0..t {
                let pursuit = pursue(products, k, most, self.tol, false);
                let last = pursuit.coefs.last().map_or(&[][..], Vec::as_slice);
                pursuit.active.iter().zip(last).for_each(|(j, w)| coef[[*j, k]] = *w);
                steps = steps.max(pursuit.active.len());
                squares += pursuit.squares;
                premature |= pursuit.premature;
            }
            let mut report = Report::iterative("orthogonal matching pursuit", steps, true);
            if premature {
                report = report.note("ended early: what is left is orthogonal to all other columns");
            }
            let means = Means { x: products.mean.clone(), y: products.target_mean.clone() };
            Ok(means.solution(coef, squares, report))
        })?;
        solution.into_model::<F, Y>(samples.x)
    }
}
