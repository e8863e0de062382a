//! Many queries, and one.

use super::{Held, Index, Nearest, Queries, Reach, SEARCH, check};
use crate::best::{Best, Find, Neighbor, Seek, Within};
use crate::search::Rows;
use crate::tree::Stack;
use estimand_core::{Error, Float, Result};
use ndarray::{Array2, ArrayView2, Axis, aview1};
use std::cell::RefCell;

impl<F: Float> Index<F> {
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

    /// [`find_with`](Self::find_with) all rows within a radius of each query's own, `radius(query)`.
    ///
    /// # Errors
    /// As there; a radius below 0 finds nothing.
    pub fn find_within_each<'a, R: Clone + Default + Send>(
        &self,
        queries: impl Into<Queries<'a, F>>,
        radius: impl Fn(usize) -> f64 + Sync,
        width: usize,
        f: impl Fn(usize, &[Neighbor], &mut [R]) + Sync,
    ) -> Result<Vec<R>>
    where
        F: 'a,
    {
        let queries = queries.into();
        self.check_queries(&queries, Reach::Within(0.0))?;
        let own = matches!(queries, Queries::Own);
        let start = |within: &mut Within, i: usize| {
            within.begin(own.then_some(i as u32));
            let radius = radius(i);
            within.bound = if radius >= 0.0 { self.gauge_of(radius) } else { -1.0 };
        };
        let take = |i: usize, within: &mut Within, out: &mut [R]| f(i, self.read(within), out);
        self.seek_each(queries, &Within::new(0.0), start, width, take)
    }

    fn find_each<S: Find, R: Clone + Default + Send>(
        &self,
        queries: Queries<'_, F>,
        seek: &S,
        width: usize,
        f: impl Fn(usize, &[Neighbor], &mut [R]) + Sync,
    ) -> Result<Vec<R>> {
        let own = matches!(queries, Queries::Own);
        let start = |seek: &mut S, i: usize| seek.begin(own.then_some(i as u32));
        self.seek_each(queries, seek, start, width, |i, seek, out: &mut [R]| f(i, self.read(seek), out))
    }

    /// For each query, what `take(query, seek, out)` writes into `width` values after a search that `start` has set up.
    pub(crate) fn seek_each<S: Seek + Clone + Sync, R: Clone + Default + Send>(
        &self,
        queries: Queries<'_, F>,
        seek: &S,
        start: impl Fn(&mut S, usize) + Sync,
        width: usize,
        take: impl Fn(usize, &mut S, &mut [R]) + Sync,
    ) -> Result<Vec<R>> {
        let gauge = &self.plan.gauge;
        Ok(match (&self.held, queries) {
            (Held::Given(space), Queries::Of(x)) => {
                space.many(gauge, Rows::Given(x.dense(SEARCH)?), seek, start, width, take)
            }
            (Held::Given(space), Queries::Own) => space.many(gauge, Rows::Own, seek, start, width, take),
            (Held::Prepared(space), Queries::Of(x)) => {
                let rows = self.plan.prepare.rows(x.dense(SEARCH)?);
                space.many(gauge, Rows::Given(rows.view()), seek, start, width, take)
            }
            (Held::Prepared(space), Queries::Own) => space.many(gauge, Rows::Own, seek, start, width, take),
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

    pub(crate) fn check_queries(&self, queries: &Queries<'_, F>, reach: Reach) -> Result<()> {
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
