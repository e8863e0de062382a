//! Neighbourhood components analysis: a linear map after which rows are near to rows of their class.
//!
//! ```text
//! maximise  f(A) = Σ ωᵢ pᵢ / Σ ωᵢ        pᵢ = Σ sᵢⱼ over the rows j of i's class                             (1)
//! sᵢⱼ = ωᵢⱼ exp(−‖Axᵢ − Axⱼ‖²) / Σₖ ωᵢₖ exp(−‖Axᵢ − Axₖ‖²)        ωᵢⱼ = ωⱼ, but ωᵢᵢ = max(ωᵢ − 1, 0)         (2)
//! ∂f/∂A = 2 Σᵢⱼ Wᵢⱼ A(xᵢ − xⱼ)(xᵢ − xⱼ)ᵀ        Wᵢⱼ = ωᵢ sᵢⱼ (pᵢ − [yᵢ = yⱼ]) / Σ ωᵢ                         (3)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | x | `x`, less the means of the columns, which changes nothing | n × p |
//! | A | `components` | q × p |
//! | ω | sample weights, 1 without: a row of weight ω is as good as ω rows | n |
//!
//! pᵢ is how likely row i meets one of its class when it takes a neighbour at random, near ones more often. 1 a first A, 2 L-BFGS
//! on −f. f has many maxima: which one is reached depends on the start.
//!
//! Each of some tens of steps costs O(n²(p + q)); memory is O(n), where the matrix s would take n². Not for very many rows, and
//! not before the columns have been brought to one scale.
//!
//! **Differs from scikit-learn.** f is divided by the total weight, which the bounds of `tol` refer to. Sample weights. It
//! warns where it has not converged.
//!
//! **References.** \[Goldberger05\].

mod problem;
#[cfg(test)]
mod tests;

use crate::neighbourhood::present;
use estimand_core::describe::at_least;
use estimand_core::labels::encode;
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Label, Matrix, Records, Report, Result, Samples, Scratch, Seed,
    Transform, TransformOne,
};
use estimand_linalg::rows::{self, Affine};
use estimand_linalg::{ClassMoments, SymmetricEigen, matmul};
use estimand_optim::{Stop, lbfgs};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use problem::Problem;
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The first A.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ComponentsInit {
    /// `Discriminants` for q ≤ k − 1 of k classes, else `Principal` for q < min(n, p), else `Identity`.
    #[default]
    Auto,
    /// Directions in which the means of the classes differ most, of unit variance within classes.
    Discriminants,
    /// Directions in which the rows differ most.
    Principal,
    /// The first q columns.
    Identity,
    /// Standard normal values.
    Random,
    /// Given, q × p.
    Given(Array2<f64>),
}

estimand_core::params! {
    /// Neighbourhood components analysis; see [the module](crate::components).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_neighbors::NeighborhoodComponentsAnalysis;
    /// use ndarray::{Array2, array};
    ///
    /// // The second column tells the classes apart, the first is larger.
    /// let x = array![[0.0, 0.0], [9.0, 0.2], [4.0, 0.1], [1.0, 1.0], [8.0, 1.2], [4.2, 1.1]];
    /// let y = array!["a", "a", "a", "b", "b", "b"];
    /// let model = NeighborhoodComponentsAnalysis::new().n_components(1).fit((&x, &y))?;
    /// assert!(model.components()[[0, 1]].abs() > 5.0 * model.components()[[0, 0]].abs());
    /// let z: Array2<f64> = model.transform(&x)?;
    /// assert_eq!(z.dim(), (6, 1));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct NeighborhoodComponentsAnalysis {
        /// Dimensions to transform to, q; `None` for as many as there are columns.
        n_components => Option<usize> = None, at_least(1.0);
        /// The first A.
        init: ComponentsInit = ComponentsInit::Auto;
        /// Most steps.
        max_iter: usize = 50, at_least(1.0);
        /// Converged where no entry of (3) is larger, and f is expected to rise by less than this share.
        tol: f64 = 1e-5, at_least(0.0);
        /// Draws the first A, where it is drawn.
        seed: u64 = 0;
    }
    accepts: weights;
}

/// A fitted [`NeighborhoodComponentsAnalysis`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct NeighborhoodComponentsModel<F: Float> {
    state: State,
    map: Affine,
    scalar: PhantomData<F>,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    components: Array2<f64>,
    features: Features,
    report: Report,
}

impl<F: Float> From<NeighborhoodComponentsModel<F>> for State {
    fn from(model: NeighborhoodComponentsModel<F>) -> Self {
        model.state
    }
}
impl<F: Float> TryFrom<State> for NeighborhoodComponentsModel<F> {
    type Error = Error;
    fn try_from(state: State) -> Result<Self> {
        let (q, p) = state.components.dim();
        state.features.check_loaded()?;
        check_len("columns of the components", state.features.count(), p)?;
        match q > 0 && state.components.iter().all(|v| v.is_finite()) {
            true => Ok(Self::new(state)),
            false => Err(Error::Persist { what: "components that are none, or not finite".into() }),
        }
    }
}

impl<F: Float, L: Label> Fit<F, Array1<L>> for NeighborhoodComponentsAnalysis {
    type Model = NeighborhoodComponentsModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<L>>) -> Result<NeighborhoodComponentsModel<F>> {
        self.check()?;
        samples.check()?;
        if let Some(kept) = present(&samples) {
            return self.fit_samples(samples.select(&kept).samples());
        }
        samples.x.check_finite()?;
        let x = samples.x.dense("NeighborhoodComponentsAnalysis")?;
        let x = x.as_standard_layout();
        let (classes, codes) = encode(samples.y);
        if classes.len() < 2 {
            return Err(Error::target("there is one class only, and nothing to tell apart"));
        }
        let weights = samples.weights.map(|w| w.mapv(|w| w.f64()));
        let moments = ClassMoments::new(x.view(), codes.view(), classes.len(), samples.weights);
        if !moments.is_finite() {
            return Err(Error::numerical(
                "squares of the values leave the range of f64; scale the columns first",
            ));
        }
        let x = x.mapv(|v| v.f64()) - &moments.overall().0;
        let moments =
            ClassMoments::new(x.view(), codes.view(), classes.len(), weights.as_ref().map(|w| w.view()));
        let start = self.first(&x, &codes, &moments, weights.as_ref())?;
        let (q, p) = start.dim();
        let mut problem = Problem::new(x, codes, weights, q);
        let stop =
            Stop { gradient: self.tol, decrease: self.tol, iterations: self.max_iter, ..Stop::default() };
        let found = lbfgs(&mut problem, start.into_iter().collect(), stop);
        let report = Report::iterative("L-BFGS", found.iterations, found.converged())
            .objective(-found.value)
            .warn_unless_converged(
                "NeighborhoodComponentsAnalysis",
                "raise `max_iter`, or scale the columns",
            );
        let components = Array2::from_shape_vec((q, p), found.x).unwrap_or_default();
        if !components.iter().all(|v| v.is_finite()) {
            return Err(Error::numerical("the map leaves the range of f64; scale the columns first"));
        }
        Ok(NeighborhoodComponentsModel::new(State { components, features: Features::of(samples.x), report }))
    }
}

impl NeighborhoodComponentsAnalysis {
    fn first(
        &self,
        x: &Array2<f64>,
        codes: &Array1<u32>,
        moments: &ClassMoments,
        weights: Option<&Array1<f64>>,
    ) -> Result<Array2<f64>> {
        let ((n, p), k) = (x.dim(), moments.weight.len());
        let q = self.n_components.unwrap_or(p);
        if q > p {
            return Err(Error::parameter("n_components", q, format!("at most {p}, the number of columns")));
        }
        let discriminants = || {
            let within =
                moments.gram_within(x.view(), codes.view(), weights.map(|w| w.view()), &vec![1.0; k]);
            discriminants(&(within / moments.weight.sum()), moments, q)
        };
        let principal = || {
            let weighted = match weights {
                Some(w) => x * &w.view().insert_axis(Axis(1)),
                None => x.clone(),
            };
            let eigen = SymmetricEigen::new(matmul(weighted.t(), x.view()).view())?;
            Ok(last(&eigen.vectors, q))
        };
        match &self.init {
            ComponentsInit::Auto if q < k => discriminants(),
            ComponentsInit::Auto if q < n.min(p) => principal(),
            ComponentsInit::Auto | ComponentsInit::Identity => {
                Ok(Array2::eye(p).slice(s![..q, ..]).to_owned())
            }
            ComponentsInit::Discriminants if q >= k => Err(Error::parameter(
                "n_components",
                q,
                format!("below {k}, the number of classes, for discriminants"),
            )),
            ComponentsInit::Discriminants => discriminants(),
            ComponentsInit::Principal => principal(),
            ComponentsInit::Random => {
                let mut stream = Seed(self.seed).stream(0);
                Ok(Array2::from_shape_simple_fn((q, p), || stream.sample(StandardNormal)))
            }
            ComponentsInit::Given(start) if start.dim() != (q, p) => {
                Err(Error::shape("the first map", format!("{q} × {p}"), format!("{:?}", start.dim())))
            }
            ComponentsInit::Given(start) if !start.iter().all(|v| v.is_finite()) => {
                Err(Error::parameter("init", "a map that is not finite", "finite"))
            }
            ComponentsInit::Given(start) => Ok(start.clone()),
        }
    }
}

/// The last q columns as rows, the last one first.
fn last(vectors: &Array2<f64>, q: usize) -> Array2<f64> {
    vectors.slice(s![.., ..;-1]).slice(s![.., ..q]).t().to_owned()
}

/// Directions of unit variance within classes in which the means differ most; those without variance within classes are
/// left out.
fn discriminants(within: &Array2<f64>, moments: &ClassMoments, q: usize) -> Result<Array2<f64>> {
    let eigen = SymmetricEigen::new(within.view())?;
    let largest = eigen.values.iter().copied().fold(0.0, f64::max);
    let small = largest * f64::EPSILON * within.nrows() as f64;
    let whiten = &eigen.vectors * &eigen.values.mapv(|v| if v > small { 1.0 / v.sqrt() } else { 0.0 });
    let (mean, _) = moments.overall();
    let roots = moments.weight.mapv(|w| (w / moments.weight.sum()).sqrt()).insert_axis(Axis(1));
    let between = matmul(((&moments.mean - &mean) * roots).view(), whiten.view());
    let spread = SymmetricEigen::new(matmul(between.t(), between.view()).view())?;
    Ok(matmul(last(&spread.vectors, q).view(), whiten.t()))
}

impl<F: Float> NeighborhoodComponentsModel<F> {
    fn new(state: State) -> Self {
        let (q, p) = state.components.dim();
        let map = Affine::new(state.components.view(), &vec![0.0; q], vec![0.0; p]);
        Self { state, map, scalar: PhantomData }
    }

    /// A, q × p.
    pub fn components(&self) -> ArrayView2<'_, f64> {
        self.state.components.view()
    }

    /// How the fit went; its objective is f.
    pub fn report(&self) -> &Report {
        &self.state.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.state.features
    }
}

impl<F: Float> Transform<F> for NeighborhoodComponentsModel<F> {
    type Stored = Dense;

    /// XAᵀ, n × q
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.state.features.check(x)?;
        x.check_shape()?;
        let z = rows::values(&self.map, x.dense("NeighborhoodComponentsAnalysis")?);
        rows::checked(z, x).map(Matrix::Dense)
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        let q = self.state.components.nrows();
        Some((0..q).map(|j| format!("neighborhoodcomponentsanalysis{j}")).collect())
    }
}

impl<F: Float> TransformOne<F> for NeighborhoodComponentsModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.state.features.check_width(row.len())?;
        rows::values_one(&self.map, row, out);
        match out.iter().all(|v| v.is_finite()) {
            true => Ok(()),
            false => self.transform_records(ndarray::aview1(row).insert_axis(Axis(0)).into()).map(drop),
        }
    }
}

estimand_core::persist!(NeighborhoodComponentsModel<F>);
