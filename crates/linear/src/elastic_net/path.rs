//! Solutions along α, from the value at which all coefficients are 0 downwards.

use super::Sparse;
use super::solve::{Solved, Source, Spec, Way, solve};
use crate::model::{LinearModel, Outputs};
use crate::ridge::problem::Problem;
use estimand_core::describe::{above, at_least, inside};
use estimand_core::{Describe, Error, Features, Float, Report, Result, Samples};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

/// The values of α to fit: so many on a logarithmic grid, or given ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Alphas {
    /// So many, from αₘₐₓ, the least α at which all coefficients are 0, to `eps` · αₘₐₓ.
    Grid(usize),
    /// These, in descending order whatever the order given.
    Given(Vec<f64>),
}

impl From<usize> for Alphas {
    fn from(count: usize) -> Self {
        Self::Grid(count)
    }
}
impl From<i32> for Alphas {
    /// So that a plain number can be written; a negative one is refused by `fit`, as 0 is.
    fn from(count: i32) -> Self {
        Self::Grid(usize::try_from(count).unwrap_or(0))
    }
}
impl From<Vec<f64>> for Alphas {
    fn from(values: Vec<f64>) -> Self {
        Self::Given(values)
    }
}
impl From<&[f64]> for Alphas {
    fn from(values: &[f64]) -> Self {
        Self::Given(values.to_vec())
    }
}
impl<const N: usize> From<[f64; N]> for Alphas {
    fn from(values: [f64; N]) -> Self {
        Self::Given(values.to_vec())
    }
}

/// αₘₐₓ up to which the target counts as constant. Not scikit-learn's 1e-15: the target may be in small units.
const NOTHING: f64 = 1e-200;
/// α where there is nothing to choose: scikit-learn's.
const ANY: f64 = 1e-15;

impl Alphas {
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Grid(0) => Err(Error::parameter("alphas", 0, "at least 1")),
            Self::Given(values) if values.is_empty() => {
                Err(Error::parameter("alphas", "no values", "at least one value"))
            }
            Self::Given(values) => match values.iter().find(|v| !(v.is_finite() && **v >= 0.0)) {
                Some(value) => Err(Error::parameter("alphas", value, "finite numbers of at least 0")),
                None => Ok(()),
            },
            Self::Grid(_) => Ok(()),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Grid(count) => *count,
            Self::Given(values) => values.len(),
        }
    }

    /// The values, descending, for X̃ᵀỸ and Σω.
    pub(super) fn values(&self, cross: &Array2<f64>, weight: f64, spec: &Spec, eps: f64) -> Result<Vec<f64>> {
        let count = match self {
            Self::Given(values) => {
                let mut values = values.clone();
                values.sort_by(|a, b| b.total_cmp(a));
                return Ok(values);
            }
            Self::Grid(count) => *count,
        };
        if spec.l1_ratio == 0.0 {
            let allowed = "above 0 unless values of `alphas` are given: without an L1 penalty no α makes all coefficients 0";
            return Err(Error::parameter("l1_ratio", 0, allowed));
        }
        let rows = cross.rows().into_iter();
        let largest = match (spec.positive, spec.joint) {
            (true, _) => cross.iter().fold(0.0, |max: f64, c| max.max(*c)),
            (false, true) => rows.map(|c| c.dot(&c).sqrt()).fold(0.0, f64::max),
            (false, false) => cross.iter().fold(0.0, |max: f64, c| max.max(c.abs())),
        };
        let largest = largest / (weight * spec.l1_ratio);
        if largest <= NOTHING {
            return Ok(vec![ANY; count]);
        }
        let step = if count > 1 { eps.ln() / (count - 1) as f64 } else { 0.0 };
        Ok((0..count).map(|k| largest * (k as f64 * step).exp()).collect())
    }
}

estimand_core::params! {
    /// What [`lasso_path`] and [`enet_path`] are asked for.
    pub struct PathOptions {
        /// How many values of α, or the values themselves.
        alphas => Alphas = 100;
        /// The smallest α of a grid, as a share of the largest, at which all coefficients are 0.
        eps: f64 = 1e-3, inside(0.0, 1.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// Whether coefficients must not be negative.
        positive: bool = false;
        /// Most sweeps over the columns, for each α.
        max_iter: usize = 1000, at_least(1.0);
        /// As in [`Lasso`](super::Lasso).
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

/// Coefficients along α.
#[derive(Clone, Debug, PartialEq)]
pub struct Path<F> {
    alphas: Array1<f64>,
    coefs: Array2<F>,
    intercepts: Array1<F>,
    dual_gaps: Array1<f64>,
    reports: Vec<Report>,
    features: Features,
}

impl<F: Float> Path<F> {
    /// The k values of α, descending.
    pub fn alphas(&self) -> &Array1<f64> {
        &self.alphas
    }

    /// Coefficients, p × k: row j is the path of column j, column i the coefficients at αᵢ.
    pub fn coefs(&self) -> &Array2<F> {
        &self.coefs
    }

    /// Intercepts, k.
    pub fn intercepts(&self) -> &Array1<F> {
        &self.intercepts
    }

    /// Duality gaps, k, in units of the objective; 0 where a problem was solved directly.
    pub fn dual_gaps(&self) -> &Array1<f64> {
        &self.dual_gaps
    }

    /// How each of the k fits went.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// The names of the p columns; `x0`, `x1`, … where they have none.
    pub fn feature_names(&self) -> Vec<String> {
        (0..self.features.count()).map(|j| self.features.name(j)).collect()
    }

    /// Columns in the order in which they enter as α falls; those that never do are left out.
    pub fn order_of_entry(&self) -> Vec<usize> {
        let entry = |j: &usize| self.coefs.row(*j).iter().position(|w| *w != F::zero());
        let mut entered: Vec<usize> = (0..self.coefs.nrows()).filter(|j| entry(j).is_some()).collect();
        entered.sort_by_key(entry);
        entered
    }

    /// The model at αᵢ, or `None` beyond the last.
    pub fn model(&self, i: usize) -> Option<LinearModel<F>> {
        let coef: ArrayView1<'_, F> = (i < self.alphas.len()).then(|| self.coefs.column(i))?;
        let intercept = Array1::from_elem(1, self.intercepts[i]);
        let coef = coef.to_owned().insert_axis(ndarray::Axis(1));
        Some(<Array1<F> as Outputs<F>>::model(
            coef,
            intercept,
            self.features.clone(),
            self.reports[i].clone(),
        ))
    }
}

/// The lasso along α: as many fits as there are values, each starting from the one before.
///
/// Costs one Gram matrix where n ≥ p, and little more; see [the module](super).
///
/// ```
/// use estimand_linear::{PathOptions, lasso_path};
/// use ndarray::array;
///
/// let x = array![[0.0, 3.0], [1.0, -1.0], [2.0, 0.5], [3.0, 1.0]];
/// let y = array![1.0, 3.0, 5.0, 7.0];
/// let path = lasso_path((&x, &y), &PathOptions::new().alphas(20))?;
/// assert_eq!(path.coefs().dim(), (2, 20));
/// assert!(path.coefs().column(0).iter().all(|w| *w == 0.0)); // at the largest α nothing is left
/// assert_eq!(path.order_of_entry()[0], 0);
/// assert_eq!(path.feature_names(), ["x0", "x1"]);
/// # Ok::<(), estimand_core::Error>(())
/// ```
///
/// # Errors
/// Options out of range, shapes that disagree, NaN and infinities.
pub fn lasso_path<'a, F: Float>(
    samples: impl Into<Samples<'a, F, Array1<F>>>,
    options: &PathOptions,
) -> Result<Path<F>> {
    path_of(samples.into(), 1.0, options, "lasso_path")
}

/// The elastic net along α, for one `l1_ratio` in \[0, 1\]; 0 needs given values of α.
///
/// # Errors
/// As for [`lasso_path`].
pub fn enet_path<'a, F: Float>(
    samples: impl Into<Samples<'a, F, Array1<F>>>,
    l1_ratio: f64,
    options: &PathOptions,
) -> Result<Path<F>> {
    super::ElasticNet::new().l1_ratio(l1_ratio).check()?;
    path_of(samples.into(), l1_ratio, options, "enet_path")
}

fn path_of<F: Float>(
    samples: Samples<'_, F, Array1<F>>,
    l1_ratio: f64,
    options: &PathOptions,
    name: &'static str,
) -> Result<Path<F>> {
    options.check()?;
    options.alphas.check()?;
    samples.check()?;
    let spec = Spec {
        estimator: name,
        positive: options.positive,
        max_iter: options.max_iter,
        tol: options.tol,
        ..super::ElasticNet::new().l1_ratio(l1_ratio).spec()
    };
    let problem = Problem::new(&samples, options.fit_intercept);
    let way = |alphas| Way { spec: &spec, alphas, start: None, warm: true };
    let solved = match &options.alphas {
        Alphas::Grid(count) => {
            let source = Source::new(&problem, *count, &spec)?;
            let (cross, weight) = source.cross();
            let alphas = options.alphas.values(cross, weight, &spec, options.eps)?;
            alphas.iter().copied().zip(source.along(&way(&alphas))?).collect()
        }
        Alphas::Given(_) => {
            let alphas = options.alphas.values(&Array2::zeros((0, 0)), 1.0, &spec, options.eps)?;
            alphas.iter().copied().zip(solve(&problem, &way(&alphas))?).collect()
        }
    };
    into_path(solved, &spec, Features::of(samples.x))
}

fn into_path<F: Float>(solved: Vec<(f64, Solved)>, spec: &Spec, features: Features) -> Result<Path<F>> {
    let k = solved.len();
    let (mut coefs, mut intercepts) = (Array2::zeros((features.count(), k)), Array1::zeros(k));
    let (mut alphas, mut dual_gaps) = (Array1::zeros(k), Array1::zeros(k));
    let mut reports = Vec::with_capacity(k);
    for (i, (alpha, solved)) in solved.into_iter().enumerate() {
        (alphas[i], dual_gaps[i]) = (alpha, solved.gap);
        let solution = solved.into_solution(spec);
        let (coef, intercept) = solution.in_range()?;
        coefs.column_mut(i).assign(&coef.column(0));
        intercepts[i] = intercept[0];
        reports.push(solution.report);
    }
    Ok(Path { alphas, coefs, intercepts, dual_gaps, reports, features })
}
