//! The index: what estimators search with.

use crate::best::{Best, Find, Neighbor, Within};
use crate::filter::Filter;
use crate::gauge::Gauge;
use crate::metric::Metric;
use crate::points::Points;
use crate::prepare::{Plan, Prepare};
use crate::search::Space;
use crate::tree::{self, Stack, Tree};
use estimand_core::persist::check_len;
use estimand_core::{Error, Float, Records, Result};
use ndarray::{Array2, ArrayView2, Axis, aview1};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

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

    /// The k nearest rows of each query, nearest first and the lowest among equals.
    ///
    /// # Errors
    /// As [`find_with`](Self::find_with); under a metric that reads missing values, if a query has fewer neighbours.
    pub fn nearest<'a>(&self, queries: impl Into<Queries<'a, F>>, k: usize) -> Result<Nearest<F>>
    where
        F: 'a,
    {
        let found = self.find_with(queries, Reach::Nearest(k), k, |_, found, out: &mut [(F, u32)]| {
            let missing = [(F::nan(), u32::MAX)];
            let found = found.iter().map(|found| (F::of(found.distance), found.row));
            out.iter_mut()
                .zip(found.chain(missing.into_iter().cycle()))
                .for_each(|(out, found)| *out = found);
        })?;
        if let Some(i) = found.iter().position(|(_, row)| *row == u32::MAX) {
            let what =
                format!("row {} has no values in common with {k} of the rows that are searched", i / k);
            return Err(Error::numerical(what));
        }
        let shape = (found.len() / k, k);
        let (distances, rows) = found.into_iter().map(|(d, row)| (d, row as usize)).unzip();
        Ok(Nearest {
            distances: Array2::from_shape_vec(shape, distances).unwrap_or_default(),
            rows: Array2::from_shape_vec(shape, rows).unwrap_or_default(),
        })
    }

    /// For each query, what `f(query, neighbours, out)` writes into `width` values; neighbours come nearest first, the
    /// lowest row among equals. Under a metric that reads missing values there may be fewer than are asked for.
    ///
    /// # Errors
    /// For queries of another width or that are not finite; for more neighbours than there are rows, or none; for a radius
    /// that is negative or NaN.
    pub fn find_with<'a, R: Clone + Default + Send>(
        &self,
        queries: impl Into<Queries<'a, F>>,
        reach: Reach,
        width: usize,
        f: impl Fn(usize, &[Neighbor], &mut [R]) + Sync,
    ) -> Result<Vec<R>>
    where
        F: 'a,
    {
        let queries = queries.into();
        self.check_queries(&queries, reach)?;
        match reach {
            Reach::Nearest(k) => self.find_each(queries, &Best::new(k), width, f),
            Reach::Within(radius) => {
                self.find_each(queries, &Within::new(self.plan.reading.gauge(radius)), width, f)
            }
        }
    }

    fn find_each<S: Find, R: Clone + Default + Send>(
        &self,
        queries: Queries<'_, F>,
        seek: &S,
        width: usize,
        f: impl Fn(usize, &[Neighbor], &mut [R]) + Sync,
    ) -> Result<Vec<R>> {
        let (gauge, own) = (&self.plan.gauge, matches!(queries, Queries::Own));
        let start = |seek: &mut S, i: usize| seek.begin(own.then_some(i as u32));
        let take = |i: usize, seek: &mut S, out: &mut [R]| f(i, self.read(seek), out);
        Ok(match &self.held {
            Held::Given(space) => {
                let own;
                let rows = match queries {
                    Queries::Of(x) => x.dense(SEARCH)?,
                    Queries::Own => {
                        own = space.rows();
                        own.view()
                    }
                };
                space.many(gauge, rows, seek, start, width, take)
            }
            Held::Prepared(space) => {
                let rows = match queries {
                    Queries::Of(x) => self.plan.prepare.rows(x.dense(SEARCH)?),
                    Queries::Own => space.rows(),
                };
                space.many(gauge, rows.view(), seek, start, width, take)
            }
        })
    }

    /// Calls `f` with the neighbours of one query. Allocates nothing after the first calls of a thread, where rows are
    /// neither prepared nor searched by products.
    ///
    /// # Errors
    /// As [`find_with`](Self::find_with).
    pub fn find_one<R>(&self, query: &[F], reach: Reach, f: impl FnOnce(&[Neighbor]) -> R) -> Result<R> {
        thread_local! {
            static ROOM: RefCell<(Best, Within, Stack)> = RefCell::new((Best::new(1), Within::new(0.0), Stack::new()));
        }
        let x = aview1(query).insert_axis(Axis(0));
        self.check_queries(&x.into(), reach)?;
        ROOM.with_borrow_mut(|(best, within, stack)| match reach {
            Reach::Nearest(k) => {
                best.resize(k);
                self.find_alone(x, best, stack);
                Ok(f(self.read(best)))
            }
            Reach::Within(radius) => {
                within.bound = self.plan.reading.gauge(radius);
                within.begin(None);
                self.find_alone(x, within, stack);
                Ok(f(self.read(within)))
            }
        })
    }

    fn find_alone<S: Find>(&self, x: ArrayView2<'_, F>, seek: &mut S, stack: &mut Stack) {
        match &self.held {
            Held::Given(space) => space.one(&self.plan.gauge, x.as_slice().unwrap_or_default(), seek, stack),
            Held::Prepared(space) => {
                let row = self.plan.prepare.rows(x);
                space.one(&self.plan.gauge, row.as_slice().unwrap_or_default(), seek, stack);
            }
        }
    }

    /// What has been found, in the metric's units.
    fn read<'s, S: Find>(&self, seek: &'s mut S) -> &'s [Neighbor] {
        let found = seek.found();
        found.iter_mut().for_each(|found| found.distance = self.plan.reading.metric(found.distance));
        found
    }

    fn check_queries(&self, queries: &Queries<'_, F>, reach: Reach) -> Result<()> {
        let own = usize::from(matches!(queries, Queries::Own));
        match reach {
            Reach::Nearest(k) if !(1..=self.len() - own).contains(&k) => {
                let allowed = format!("from 1 to the {} rows that there are", self.len() - own);
                return Err(Error::parameter("n_neighbors", k, allowed));
            }
            Reach::Within(radius) if radius.is_nan() || radius < 0.0 => {
                return Err(Error::parameter("radius", radius, "at least 0"));
            }
            _ => {}
        }
        let Queries::Of(x) = queries else { return Ok(()) };
        if x.ncols() != self.columns {
            return Err(Error::shape("columns of x", self.columns, x.ncols()));
        }
        check(*x, &self.metric)?;
        self.plan.check_range(x.dense(SEARCH)?)
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

/// What a file holds: the rows as they are searched. The tree is grown again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    metric: Metric,
    algorithm: Algorithm,
    columns: usize,
    prepare: Prepare,
    rows: StateRows<F>,
}
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
enum StateRows<F> {
    Given(Array2<F>),
    Prepared(Array2<f64>),
}

impl<F: Float> From<Index<F>> for State<F> {
    fn from(index: Index<F>) -> Self {
        let rows = match &index.held {
            Held::Given(space) => StateRows::Given(space.rows()),
            Held::Prepared(space) => StateRows::Prepared(space.rows()),
        };
        Self {
            metric: index.metric,
            algorithm: index.algorithm,
            columns: index.columns,
            prepare: index.plan.prepare,
            rows,
        }
    }
}
impl<F: Float> TryFrom<State<F>> for Index<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let State { metric, algorithm, columns, prepare, rows } = state;
        metric.check(columns)?;
        prepare.check_loaded(columns)?;
        let plan = Plan::of(&metric, prepare, columns);
        let width = plan.prepare.width(columns);
        let damaged = || Error::Persist { what: "the rows of an index are none, or not finite".into() };
        let held = match rows {
            StateRows::Given(rows) if plan.prepare == Prepare::Nothing => {
                check_len("columns of an index", width, rows.ncols())?;
                check((&rows).into(), &metric).map_err(|_| damaged())?;
                Held::Given(space(rows.view(), &plan.gauge, &metric, algorithm)?)
            }
            StateRows::Prepared(rows) if plan.prepare != Prepare::Nothing => {
                check_len("columns of an index", width, rows.ncols())?;
                check((&rows).into(), &Metric::Euclidean).map_err(|_| damaged())?;
                Held::Prepared(space(rows.view(), &plan.gauge, &metric, algorithm)?)
            }
            _ => return Err(damaged()),
        };
        Ok(Self { metric, algorithm, columns, plan, held })
    }
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
