//! The index: what estimators search with.

mod ask;
mod stored;

use crate::filter::Filter;
use crate::gauge::Gauge;
use crate::metric::Metric;
use crate::points::Points;
use crate::prepare::{Plan, Prepare};
use crate::search::Space;
use crate::spanning::WithSpace;
use crate::tree::{self, Branches, Tree};
use estimand_core::{Error, Float, Records, Result};
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use stored::State;

/// How neighbours are searched. All ways give the same answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// By what has been measured to be fastest: a tree of boxes for up to 15 columns where the metric has one, and for
    /// other metrics, or more columns, all rows.
    #[default]
    Auto,
    /// A tree of boxes: for Euclidean distances, those that are brought to them (Mahalanobis, cosine, haversine, …), and
    /// Minkowski's, in few dimensions.
    KdTree,
    /// A tree of balls, with boxes around the same rows where the metric has them: for every metric in the mathematical
    /// sense. The choice where distances are dear, as a user's own may be, or where rows have fewer dimensions than columns.
    BallTree,
    /// All rows: for every metric, and the fastest in many dimensions.
    Brute,
}

/// What errors call the search.
const SEARCH: &str = "a search for neighbours";
/// Columns up to which a tree of boxes is faster than all rows.
const FEW_COLUMNS: usize = 15;
/// Rows up to which no tree is worth its while.
const FEW_ROWS: usize = 64;
/// Columns from which products are worth their preparation.
const PRODUCTS: usize = 12;

/// Rows, made ready to find those that are near to others.
///
/// ```
/// use estimand_index::{Algorithm, Index, Metric};
/// use ndarray::array;
///
/// let index = Index::new(&array![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], &Metric::Euclidean, Algorithm::Auto)?;
/// let found = index.nearest(&array![[3.0, 3.0]], 2)?;
/// assert_eq!(found.rows, array![[1, 0]]);
/// assert_eq!(found.distances, array![[1.0, 18_f64.sqrt()]]);
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct Index<F: Float> {
    metric: Metric,
    algorithm: Algorithm,
    columns: usize,
    plan: Plan,
    held: Held<F>,
}

/// Rows as they were given, or prepared.
#[derive(Clone, Debug)]
enum Held<F> {
    Given(Space<F>),
    Prepared(Space<f64>),
}

/// The k nearest rows of each query, nearest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest<F> {
    /// Distances, m × k.
    pub distances: Array2<F>,
    /// Row numbers, m × k.
    pub rows: Array2<usize>,
}

/// Which rows are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reach {
    /// So many of the nearest.
    Nearest(usize),
    /// All that are no farther.
    Within(f64),
}

/// What to search the neighbours of.
#[derive(Clone, Copy, Debug)]
pub enum Queries<'a, F> {
    /// Given records.
    Of(Records<'a, F>),
    /// The indexed rows, each of which is not its own neighbour.
    Own,
}
impl<'a, F, X: Into<Records<'a, F>>> From<X> for Queries<'a, F> {
    fn from(x: X) -> Self {
        Self::Of(x.into())
    }
}

impl<F: Float> Index<F> {
    /// Of dense records, which may hold NaN if the metric reads it.
    ///
    /// # Errors
    /// For records that are empty, sparse, not finite, or 2³² rows or more; for a metric with parameters out of range, or
    /// that cannot read so many columns; for an algorithm that does not have the metric.
    pub fn new<'a>(x: impl Into<Records<'a, F>>, metric: &Metric, algorithm: Algorithm) -> Result<Self>
    where
        F: 'a,
    {
        let x = x.into();
        check(x, metric)?;
        let rows = x.dense(SEARCH)?;
        if u32::try_from(rows.nrows()).is_err() {
            return Err(Error::shape("rows of x", "less than 2³²", rows.nrows()));
        }
        let plan = Plan::new(metric, rows)?;
        plan.check_range(rows)?;
        let held = match plan.prepare {
            Prepare::Nothing => Held::Given(space(rows, &plan.gauge, metric, algorithm)?),
            _ => Held::Prepared(space(plan.prepare.rows(rows).view(), &plan.gauge, metric, algorithm)?),
        };
        Ok(Self { metric: metric.clone(), algorithm, columns: x.ncols(), plan, held })
    }

    /// An index of some of the rows, in this order, that measures as this one does.
    ///
    /// # Errors
    /// If there are none.
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::EmptyInput { what: "a selection of rows".into() });
        }
        let (gauge, metric, algorithm) = (&self.plan.gauge, &self.metric, self.algorithm);
        let held = match &self.held {
            Held::Given(all) => {
                Held::Given(space(all.rows().select(Axis(0), rows).view(), gauge, metric, algorithm)?)
            }
            Held::Prepared(all) => {
                Held::Prepared(space(all.rows().select(Axis(0), rows).view(), gauge, metric, algorithm)?)
            }
        };
        Ok(Self { held, metric: metric.clone(), plan: self.plan.clone(), ..*self })
    }

    /// Number of indexed rows.
    pub fn len(&self) -> usize {
        match &self.held {
            Held::Given(space) => space.len(),
            Held::Prepared(space) => space.len(),
        }
    }

    /// Whether there are none; there always are.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The metric.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// How it searches, in words.
    pub fn method(&self) -> &'static str {
        fn of<T: Float>(space: &Space<T>) -> &'static str {
            match space {
                Space::Scan(_) => "all rows",
                Space::Filter(_) => "all rows, by products",
                Space::Tree(_, tree) => tree.name(),
            }
        }
        match &self.held {
            Held::Given(space) => of(space),
            Held::Prepared(space) => of(space),
        }
    }

    /// The gauge's value at a distance.
    pub(crate) fn gauge_of(&self, distance: f64) -> f64 {
        self.plan.reading.gauge(distance)
    }

    /// The distance at a gauge's value.
    pub(crate) fn metric_of(&self, gauge: f64) -> f64 {
        self.plan.reading.metric(gauge)
    }

    /// Calls `f` with the space, whatever its values are.
    pub(crate) fn with_space<C: WithSpace>(&self, f: C) -> C::Output {
        match &self.held {
            Held::Given(space) => f.call(space, &self.plan.gauge),
            Held::Prepared(space) => f.call(space, &self.plan.gauge),
        }
    }

    /// The tree, if there is one: its numbers of branches, and what is below each.
    pub(crate) fn branches(&self) -> Option<&dyn Branches> {
        fn of<T: Float>(space: &Space<T>) -> Option<&dyn Branches> {
            match space {
                Space::Tree(_, tree) => Some(tree),
                _ => None,
            }
        }
        match &self.held {
            Held::Given(space) => of(space),
            Held::Prepared(space) => of(space),
        }
    }
}

fn check<F: Float>(x: Records<'_, F>, metric: &Metric) -> Result<()> {
    x.check_shape()?;
    metric.check(x.ncols())?;
    match metric.reads_missing() {
        true => x.check_finite_or_missing(),
        false => x.check_finite(),
    }
}

fn space<T: Float>(
    x: ArrayView2<'_, T>,
    gauge: &Gauge,
    metric: &Metric,
    algorithm: Algorithm,
) -> Result<Space<T>> {
    let (n, p) = x.dim();
    let rows = x.as_standard_layout();
    let all = rows.as_slice().unwrap_or_default();
    let refuse = |tree: &str| {
        Err(Error::unsupported(
            tree,
            format!("the metric {metric:?}; use Algorithm::Auto or Algorithm::Brute"),
        ))
    };
    let balls = match algorithm {
        Algorithm::KdTree if !gauge.has_boxes() => return refuse("a k-d tree"),
        Algorithm::BallTree if !metric.is_metric() => return refuse("a ball tree"),
        Algorithm::Auto if n <= FEW_ROWS || p > FEW_COLUMNS || !gauge.has_boxes() => None,
        Algorithm::Auto | Algorithm::KdTree => Some(false),
        Algorithm::BallTree => Some(true),
        Algorithm::Brute => None,
    };
    Ok(match balls {
        Some(balls) => {
            let points = Points::new(all, p, tree::order(all, p, n));
            let tree = Tree::new(&points, gauge, balls);
            Space::Tree(points, tree)
        }
        None if *gauge == Gauge::Squared && p >= PRODUCTS => Space::Filter(Filter::new(all.to_vec(), p)),
        None => Space::Scan(Points::new(all, p, (0..n as u32).collect())),
    })
}

/// Two indexes are equal if their rows and the way to search them are.
impl<F: Float> PartialEq for Index<F> {
    fn eq(&self, other: &Self) -> bool {
        let rows = |index: &Self| match &index.held {
            Held::Given(space) => (Some(space.rows()), None),
            Held::Prepared(space) => (None, Some(space.rows())),
        };
        (&self.metric, self.algorithm, &self.plan) == (&other.metric, other.algorithm, &other.plan)
            && rows(self) == rows(other)
    }
}
