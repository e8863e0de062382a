//! Linear discriminant analysis.
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | π, m, x̄ = Σ π_c m_c | `priors`, `means`, `xbar` | k, k × p, p |
//! | Σ | `covariance` | p × p |
//! | A | `Whitening` | p × r: AᵀΣA = I |
//! | V | `scalings` | p × q, q ≤ k − 1: VᵀΣV = I, directions ordered by the spread of the means along them |
//!
//! 1. Check; means by class.
//! 2. Σ and w_c = Σ⁻¹(m_c − x̄):
//!
//!    | solver | Σ | w | directions |
//!    |---|---|---|---|
//!    | `Svd` | all rows less their class's mean | AAᵀ(m − x̄), then along V alone | singular vectors of √π_c (m_c − x̄)ᵀA |
//!    | `Lsqr` | classes by their priors, shrunk | AAᵀ(m − x̄): the least-squares solution | none |
//!    | `Eigen` | as `Lsqr` | Cholesky factor | eigenvectors of Σ_B v = λ Σ v, with Σ_B = Σ π_c (m_c − x̄)(m_c − x̄)ᵀ |
//!
//!    `Svd` and `Lsqr` take A from the eigenvalues of Σ in scaled columns, and leave out directions whose deviation is at most
//!    `tol`. `Svd` decomposes the rows themselves where n < p, or where `tol` is below 1e-5: eigenvalues of Σ
//!    do not resolve deviations below 1e-7.
//! 3. Scores by eight classes at a time, with x̄ taken off first.
//!
//! Costs O(np² + p³); O(n²p) for n < p.
//!
//! **Differs from scikit-learn.** All solvers give the same scores where scikit-learn's differ by a function of x that
//! classes share; all take x̄ off when they transform. Σ_B is that of the means, where scikit-learn takes the total
//! covariance less Σ, which is another matrix with shrinkage or given priors. Columns that are constant within
//! classes up to rounding are left out. Priors have to sum to 1. Sample weights and class weights are honoured.

use super::covariance::{ByClass, Shrinkage, deviations};
use super::solve::Problem;
use estimand_core::describe::{at_least, inside};
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    ClassCodes, ClassWeight, Describe, Error, Features, FitClasses, Float, Matrix, Priors, Probabilities,
    Records, Report, Result, Samples, Scores, Scratch, Transform, TransformOne,
};
use estimand_linalg::rows::{self, Affine};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// How to solve a linear discriminant analysis; see [the module](crate::discriminant::linear).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscriminantSolver {
    /// Singular values: any rank, no shrinkage.
    #[default]
    Svd,
    /// Least squares: any rank, shrinkage, classifies only.
    Lsqr,
    /// The generalised eigenvalue problem: full rank, shrinkage.
    Eigen,
}

estimand_core::params! {
    /// Linear discriminant analysis: a classifier, and a reduction to at most k − 1 dimensions.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, Transform};
    /// use estimand_linear::LinearDiscriminantAnalysis;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.0, -1.0], [-2.0, -1.0], [-3.0, -2.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0]];
    /// let model = LinearDiscriminantAnalysis::new().fit((&x, &[1, 1, 1, 2, 2, 2]))?;
    /// assert_eq!(model.predict(&array![[-0.8, -1.0]])?.to_vec(), [1]);
    /// assert_eq!(model.transform(&x)?.dim(), (6, 1)); // one direction parts two classes
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LinearDiscriminantAnalysis {
        /// How to solve.
        solver: DiscriminantSolver = DiscriminantSolver::Svd;
        /// Of the covariance, towards a multiple of the unit matrix; not with `Svd`.
        shrinkage => Shrinkage = Shrinkage::None;
        /// How likely each class is before a record has been seen; in the order of the classes where given.
        priors => Priors = Priors::Empirical;
        /// Dimensions to transform to; `None` for as many as there are, min(p, k − 1).
        n_components: Option<usize> = None, at_least(1.0);
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Deviations of columns scaled to unit variance within classes that count as zero, up to and including this one; for
        /// the spread of the means, relative to the largest.
        tol: f64 = 1e-4, inside(0.0, 1.0);
        /// Whether the model keeps Σ.
        store_covariance: bool = false;
    }
    accepts: weights;
}

/// A fitted [`LinearDiscriminantAnalysis`], in `f64` whatever the records are. It is a classification algorithm and, but for
/// `Lsqr`, a transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LinearDiscriminantModel<F: Float> {
    state: State<F>,
    scores: Affine,
    /// To as many dimensions as were asked for.
    transform: Option<Affine>,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    /// w, k × p
    slopes: Array2<f64>,
    /// ln π_c − ½ (m_c − x̄)ᵀw_c
    constants: Vec<f64>,
    priors: Vec<f64>,
    means: Array2<f64>,
    xbar: Vec<f64>,
    scalings: Option<Array2<f64>>,
    explained_variance_ratio: Vec<f64>,
    covariance: Option<Array2<f64>>,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> TryFrom<State<F>> for LinearDiscriminantModel<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let (k, p) = state.slopes.dim();
        state.features.check_loaded()?;
        check_len("columns", state.features.count(), p)?;
        check_len("x̄", p, state.xbar.len())?;
        check_len("constants", k, state.constants.len())?;
        if let Some(scalings) = &state.scalings {
            check_len("rows of the scalings", p, scalings.nrows())?;
        }
        let numbers = state.slopes.iter().chain(&state.xbar).chain(state.scalings.iter().flatten());
        // A class of prior 0 has the constant −∞.
        let possible = state.constants.iter().all(|v| *v < f64::INFINITY);
        if !(possible && numbers.chain(&state.means).all(|v| v.is_finite())) {
            return Err(Error::Persist { what: "coefficients are not finite".into() });
        }
        let scores = Affine::new(state.slopes.view(), &state.constants, state.xbar.clone());
        let transform =
            state.scalings.as_ref().map(|v| Affine::new(v.t(), &vec![0.0; v.ncols()], state.xbar.clone()));
        Ok(Self { state, scores, transform })
    }
}
impl<F: Float> From<LinearDiscriminantModel<F>> for State<F> {
    fn from(model: LinearDiscriminantModel<F>) -> Self {
        model.state
    }
}

impl<F: Float> LinearDiscriminantModel<F> {
    /// Coefficients W of the scores `x Wᵀ + b`: one row for two classes, else one per class.
    pub fn coef(&self) -> Array2<f64> {
        let slopes = &self.state.slopes;
        if slopes.nrows() != 2 {
            return slopes.clone();
        }
        (&slopes.row(1) - &slopes.row(0)).insert_axis(Axis(0))
    }

    /// Intercepts b, one per row of coefficients.
    pub fn intercept(&self) -> Array1<f64> {
        let xbar = ArrayView1::from(&self.state.xbar);
        let each: Array1<f64> = &ArrayView1::from(&self.state.constants) - &self.state.slopes.dot(&xbar);
        if each.len() == 2 { Array1::from_elem(1, each[1] - each[0]) } else { each }
    }

    /// Means of the classes, k × p.
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.state.means.view()
    }

    /// Priors π, k.
    pub fn priors(&self) -> ArrayView1<'_, f64> {
        self.state.priors.as_slice().into()
    }

    /// x̄: the means, weighed by the priors; p.
    pub fn xbar(&self) -> ArrayView1<'_, f64> {
        self.state.xbar.as_slice().into()
    }

    /// V: what centred records are multiplied by to transform them, p × q; `None` for `Lsqr`.
    pub fn scalings(&self) -> Option<ArrayView2<'_, f64>> {
        self.state.scalings.as_ref().map(|v| v.view())
    }

    /// Shares of the spread of the means along the directions, q; empty for `Lsqr`.
    pub fn explained_variance_ratio(&self) -> ArrayView1<'_, f64> {
        self.state.explained_variance_ratio.as_slice().into()
    }

    /// Σ, where `store_covariance` was set.
    pub fn covariance(&self) -> Option<ArrayView2<'_, f64>> {
        self.state.covariance.as_ref().map(|v| v.view())
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.state.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }

    fn transformer(&self) -> Result<&Affine> {
        let what = "transforming with solver Lsqr; use Svd or Eigen";
        self.transform.as_ref().ok_or_else(|| Error::unsupported("LinearDiscriminantAnalysis", what))
    }
}

impl FitClasses for LinearDiscriminantAnalysis {
    type Model<F: Float> = LinearDiscriminantModel<F>;

    fn fit_classes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
    ) -> Result<LinearDiscriminantModel<F>> {
        self.shrinkage.check()?;
        if self.solver == DiscriminantSolver::Svd && self.shrinkage != Shrinkage::None {
            return Err(Error::unsupported(self.name(), "shrinkage with solver Svd; use Lsqr or Eigen"));
        }
        let features = Features::of(samples.x);
        let classes = ByClass::new(samples, &self.name())?;
        let moments = &classes.moments;
        let priors = self.priors.of(moments.weight.as_slice().unwrap_or_default())?;
        let xbar = ArrayView1::from(&priors).dot(&moments.mean);
        let variances = moments.squares.sum_axis(Axis(0)) / moments.weight.sum();
        let largest = |j: usize| moments.mean.column(j).fold(0.0, |max: f64, m| max.max(m.abs()));
        let scale = deviations(&variances, largest);
        let (centred, means) = (&moments.mean - &xbar, moments.mean.clone());
        let problem = Problem { settings: self, classes, priors, centred, scale };
        let most = problem.components();
        let wanted = self.n_components.unwrap_or(most);
        if wanted > most {
            return Err(Error::parameter("n_components", wanted, format!("at most min(p, k − 1) = {most}")));
        }
        let mut solution = match self.solver {
            DiscriminantSolver::Svd => problem.svd(),
            DiscriminantSolver::Lsqr => problem.lsqr(),
            DiscriminantSolver::Eigen => problem.eigen(),
        }?;
        solution.scalings = solution.scalings.map(|v| v.slice(s![.., ..wanted.min(v.ncols())]).to_owned());
        solution.ratio.truncate(wanted);
        let constant = |(c, prior): (usize, &f64)| {
            prior.ln() - 0.5 * solution.slopes.row(c).dot(&problem.centred.row(c))
        };
        let state = State {
            constants: problem.priors.iter().enumerate().map(constant).collect(),
            slopes: solution.slopes,
            priors: problem.priors,
            means,
            xbar: xbar.to_vec(),
            scalings: solution.scalings,
            explained_variance_ratio: solution.ratio,
            covariance: solution.covariance.filter(|_| self.store_covariance),
            features,
            report: solution.report,
            scalar: PhantomData,
        };
        LinearDiscriminantModel::try_from(state).map_err(|_| {
            Error::numerical("coefficients leave the range of f64; bring the columns to similar scales")
        })
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl<F: Float> Scores<F> for LinearDiscriminantModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        rows::class_scores(&self.scores, &self.state.features, x, "LinearDiscriminantAnalysis")
    }

    fn codes(&self, x: Records<'_, F>) -> Result<Array1<u32>> {
        rows::class_codes(&self.scores, &self.state.features, x, "LinearDiscriminantAnalysis")
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        rows::class_scores_one(&self.scores, &self.state.features, row, out)
    }
}

impl<F: Float> Probabilities<F> for LinearDiscriminantModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(rows::probabilities(self.scores(x)?))
    }
}

impl<F: Float> Transform<F> for LinearDiscriminantModel<F> {
    type Stored = Dense;

    /// (x − x̄) V, n × q
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.state.features.check(x)?;
        x.check_shape()?;
        let z = rows::values(self.transformer()?, x.dense("LinearDiscriminantAnalysis")?);
        crate::model::finite(z, x).map(Matrix::Dense)
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        let q = self.state.scalings.as_ref().map_or(0, Array2::ncols);
        Some((0..q).map(|j| format!("lineardiscriminantanalysis{j}")).collect())
    }
}

impl<F: Float> TransformOne<F> for LinearDiscriminantModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.state.features.check_width(row.len())?;
        rows::values_one(self.transformer()?, row, out);
        if out.iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        let row = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        self.transform_records(row.into()).map(drop)
    }
}

estimand_core::persist!(LinearDiscriminantModel<F>, |_| Ok(()), |model, k| check_len(
    "classes",
    k,
    model.state.constants.len()
));
