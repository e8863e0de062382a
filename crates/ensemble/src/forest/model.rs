//! Fitted forests.

use super::fit::Forest;
use super::predict;
use estimand_core::{
    Error, Features, Float, Predict, PredictOne, Probabilities, Records, Report, Result, Samples, Scores,
    Scratch, Target, persist::check_len,
};
use estimand_grow::exact::Response;
use estimand_grow::{Tree, importance, walk};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What trees say of the training rows that they have not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutOfBag {
    score: f64,
    unknown: usize,
    prediction: Array2<f64>,
}

impl OutOfBag {
    pub(crate) fn new(prediction: Array2<f64>, response: Response<'_>, weights: Option<&[f64]>) -> Self {
        let known = |i: &usize| prediction.row(*i).iter().all(|v| !v.is_nan());
        let rows: Vec<usize> = (0..prediction.nrows()).filter(known).collect();
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        let score = match response {
            Response::Classes(codes, _) => {
                let best = |i: usize| {
                    let shares = prediction.row(i);
                    shares.iter().enumerate().fold(0, |best, (c, v)| if *v > shares[best] { c } else { best })
                };
                let (right, all) = rows.iter().fold((0.0, 0.0), |(right, all), i| {
                    let hit = best(*i) == codes[*i] as usize;
                    (right + if hit { weight(*i) } else { 0.0 }, all + weight(*i))
                });
                right / all
            }
            Response::Numbers(y, width) => {
                let r2 = |t: usize| {
                    let sum = |f: &dyn Fn(usize) -> f64| rows.iter().map(|i| weight(*i) * f(*i)).sum::<f64>();
                    let target = |i: usize| y[i * width + t];
                    let mean = sum(&target) / sum(&|_| 1.0);
                    let left = sum(&|i| (target(i) - prediction[[i, t]]).powi(2));
                    let whole = sum(&|i| (target(i) - mean).powi(2));
                    if whole > 0.0 { 1.0 - left / whole } else { f64::from(u8::from(left == 0.0)) }
                };
                (0..width).map(r2).sum::<f64>() / width as f64
            }
        };
        let unknown = prediction.nrows() - rows.len();
        Self { score: if rows.is_empty() { f64::NAN } else { score }, unknown, prediction }
    }

    /// Accuracy, or R² (the mean over targets), on the training rows, each predicted by the trees that have not seen it.
    pub fn score(&self) -> f64 {
        self.score
    }

    /// Those predictions: shares of classes, or targets, one row for each training row. NaN where every tree has seen
    /// the row.
    pub fn prediction(&self) -> ArrayView2<'_, f64> {
        self.prediction.view()
    }
}

/// Trees and the columns they were fitted on: what all fitted forests have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct ForestModel<F> {
    trees: Vec<Tree>,
    features: Features,
    oob: Option<OutOfBag>,
    scalar: PhantomData<F>,
}

impl<F: Float> ForestModel<F> {
    pub(crate) fn fit<Y: Target>(
        forest: &Forest,
        samples: Samples<'_, F, Y>,
        response: Response<'_>,
        start: &[Tree],
    ) -> Result<Self> {
        let weights: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let (trees, oob) = forest.grow(samples.x, response, weights.as_deref(), start)?;
        Ok(Self { trees, features: Features::of(samples.x), oob, scalar: PhantomData })
    }

    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// What the trees say of training rows that they have not seen; with `oob_score` only.
    pub fn out_of_bag(&self) -> Option<&OutOfBag> {
        self.oob.as_ref()
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        let leaves: usize = self.trees.iter().map(Tree::n_leaves).sum();
        let depth = self.trees.iter().map(Tree::depth).max().unwrap_or(0);
        let report = Report::direct("exact splits")
            .note(format!("{} trees, {leaves} leaves, at most {depth} levels deep", self.trees.len()));
        match &self.oob {
            Some(OutOfBag { unknown, .. }) if *unknown > 0 => {
                report.note(format!("{unknown} rows were seen by every tree; grow more trees"))
            }
            _ => report,
        }
    }

    /// How much each column lowered the impurity: the mean over trees, as shares that sum to one
    /// ([`importances`](importance::importances)), p.
    pub fn feature_importances(&self) -> Array1<f64> {
        importance::mean_importances(&self.trees, self.features.count()).into()
    }

    /// The leaf of each row in each tree, n × trees.
    ///
    /// # Errors
    /// For other columns than those fitted, and infinite values.
    pub fn apply<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<usize>>
    where
        F: 'a,
    {
        let x = x.into();
        self.check(x)?;
        let (width, p) = (self.trees.len(), x.ncols());
        let mut out = vec![0; x.nrows() * width];
        walk::for_each_block(x, &mut out, width, self.cost(), |_, rows, out| {
            let mut leaves = vec![0; out.len() / width];
            for (t, tree) in self.trees.iter().enumerate() {
                walk::leaves(tree, rows, p, &mut leaves);
                out[t..].iter_mut().step_by(width).zip(&leaves).for_each(|(out, leaf)| *out = *leaf as usize);
            }
        });
        array(x.nrows(), width, out)
    }

    fn check(&self, x: Records<'_, F>) -> Result<()> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite_or_missing()
    }

    fn check_row(&self, row: &[F]) -> Result<()> {
        self.features.check_width(row.len())?;
        match row.iter().position(|v| v.is_infinite()) {
            None => Ok(()),
            Some(column) => {
                Err(Error::NonFinite { what: "x".into(), value: row[column].to_string(), row: 0, column })
            }
        }
    }

    fn cost(&self) -> usize {
        4 * self.trees.iter().map(Tree::depth).sum::<usize>()
    }

    fn width(&self) -> usize {
        self.trees.first().map_or(1, Tree::width)
    }

    /// (1), n × width; `finish` turns the means of a row into what is given.
    fn means(&self, x: Records<'_, F>, columns: usize, finish: fn(&[f64], &mut [F])) -> Result<Array2<F>> {
        self.check(x)?;
        let width = self.width();
        let mut sums = predict::sums(&self.trees, x, width);
        let count = self.trees.len() as f64;
        sums.iter_mut().for_each(|sum| *sum /= count);
        let mut out = vec![F::zero(); x.nrows() * columns];
        sums.chunks_exact(width).zip(out.chunks_exact_mut(columns)).for_each(|(m, out)| finish(m, out));
        array(x.nrows(), columns, out)
    }

    /// (1) of one row, for `out.len()` values from `first`.
    fn row_means(&self, row: &[F], first: usize, out: &mut [f64]) {
        out.fill(0.0);
        predict::add_row(&self.trees, row, first, out);
        let count = self.trees.len() as f64;
        out.iter_mut().for_each(|sum| *sum /= count);
    }

    fn check_contents(&self, width: usize) -> Result<()> {
        self.features.check_loaded()?;
        if self.trees.is_empty() {
            return Err(Error::Persist { what: "a forest without trees".into() });
        }
        self.trees.iter().try_for_each(|tree| tree.check_loaded(self.features.count(), width))
    }
}

fn array<T>(rows: usize, columns: usize, values: Vec<T>) -> Result<Array2<T>> {
    Array2::from_shape_vec((rows, columns), values).map_err(|e| Error::numerical(e.to_string()))
}

fn convert<F: Float>(means: &[f64], out: &mut [F]) {
    out.iter_mut().zip(means).for_each(|(out, mean)| *out = F::of(*mean));
}

/// Shares of classes as decision values.
fn decide<F: Float>(shares: &[f64], out: &mut [F]) {
    match (shares, &mut *out) {
        ([first, second], [out]) => *out = F::of(second - first),
        _ => convert(shares, out),
    }
}

macro_rules! model {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
        pub struct $name<F> {
            model: ForestModel<F>,
        }
        impl<F: Float> $name<F> {
            pub(crate) fn of(model: ForestModel<F>) -> Self {
                Self { model }
            }
        }
        impl<F> std::ops::Deref for $name<F> {
            type Target = ForestModel<F>;
            fn deref(&self) -> &ForestModel<F> {
                &self.model
            }
        }
    };
}
model! {
    /// A forest of classes. Decision values are the shares of (1); of two classes, the second's less the first's.
    ClassForest
}
model! {
    /// A forest of one number.
    RegressionForest
}
model! {
    /// A forest of several numbers.
    MultiRegressionForest
}

/// Classes that one row is asked for at a time.
const ABREAST: usize = 16;

impl<F: Float> Scores<F> for ClassForest<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let k = self.width();
        self.means(x, if k == 2 { 1 } else { k }, decide)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.check_row(row)?;
        let k = self.width();
        let mut means = [0.0; ABREAST];
        out.clear();
        for first in (0..k).step_by(ABREAST) {
            let means = &mut means[..ABREAST.min(k - first)];
            self.row_means(row, first, means);
            let from = out.len();
            out.resize(from + if k == 2 { 1 } else { means.len() }, F::zero());
            decide(means, &mut out[from..]);
        }
        Ok(())
    }
}

impl<F: Float> Probabilities<F> for ClassForest<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.means(x, self.width(), convert)
    }
}

impl<F: Float> Predict<F> for RegressionForest<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.means(x, 1, convert)?.into_iter().collect())
    }
}

impl<F: Float> PredictOne<F> for RegressionForest<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        self.check_row(row)?;
        let mut mean = [0.0];
        self.row_means(row, 0, &mut mean);
        Ok(F::of(mean[0]))
    }
}

impl<F: Float> Predict<F> for MultiRegressionForest<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.means(x, self.width(), convert)
    }
}

impl<F: Float> PredictOne<F> for MultiRegressionForest<F> {
    /// One value per target: the only memory that is allocated.
    type One<'m> = Array1<F>;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<Array1<F>> {
        self.check_row(row)?;
        let mut means = vec![0.0; self.width()];
        self.row_means(row, 0, &mut means);
        Ok(means.into_iter().map(F::of).collect())
    }
}

estimand_core::persist!(ClassForest<F>, |model| model.check_contents(model.width()), |model, k| check_len(
    "classes",
    k,
    model.width()
));
estimand_core::persist!(RegressionForest<F>, |model| model.check_contents(1));
estimand_core::persist!(MultiRegressionForest<F>, |model| model.check_contents(model.width()));
