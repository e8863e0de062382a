//! The rows that are searched, and searches for many queries at once.

use crate::best::Seek;
use crate::filter::{self, Filter};
use crate::gauge::Gauge;
use crate::points::Points;
use crate::tree::{self, Stack, Tree};
use estimand_core::Float;
use estimand_par as par;
use ndarray::{Array2, ArrayView2};
use std::ops::Range;

/// Rows, made ready to be searched.
#[derive(Clone, Debug)]
pub(crate) enum Space<T> {
    /// One by one.
    Scan(Points<T>),
    /// By branches.
    Tree(Points<T>, Tree<T>),
    /// By products.
    Filter(Filter<T>),
}

/// Queries that go through blocks of points together, so that these are read from memory once for all.
const TOGETHER: usize = 32;
/// Queries of one piece of work in a tree.
const PIECE: usize = 256;

impl<T: Float> Space<T> {
    /// Rows in the order of their numbers, row-major.
    pub(crate) fn rows(&self) -> Array2<T> {
        let (rows, p) = match self {
            Self::Scan(points) | Self::Tree(points, _) => (points.rows(), points.p),
            Self::Filter(filter) => (filter.rows.clone(), filter.p),
        };
        Array2::from_shape_vec((rows.len() / p.max(1), p), rows).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Scan(points) | Self::Tree(points, _) => points.len(),
            Self::Filter(filter) => filter.rows.len() / filter.p.max(1),
        }
    }

    /// One query.
    pub(crate) fn one<S: Seek>(&self, gauge: &Gauge, query: &[T], seek: &mut S, stack: &mut Stack) {
        match self {
            Self::Scan(points) => tree::scan(points, gauge, query, 0..points.count(), seek),
            Self::Tree(points, tree) => tree.search(points, gauge, query, seek, stack),
            Self::Filter(filter) => filter.search(query, std::slice::from_mut(seek)),
        }
    }

    /// For each row of `queries`, in their order, what `take(query, seek, out)` writes into `width` values.
    pub(crate) fn many<S: Seek + Clone + Sync, R: Clone + Default + Send>(
        &self,
        gauge: &Gauge,
        queries: ArrayView2<'_, T>,
        seek: &S,
        start: impl Fn(&mut S, usize) + Sync,
        width: usize,
        take: impl Fn(usize, &mut S, &mut [R]) + Sync,
    ) -> Vec<R> {
        let queries = queries.as_standard_layout();
        let (all, p) = (queries.as_slice().unwrap_or_default(), queries.ncols());
        let row = |i: usize| &all[i * p..][..p];
        let together = |size: usize, search: &(dyn Fn(&[T], &mut [S]) + Sync)| {
            let mut out = vec![R::default(); queries.nrows() * width];
            par::map_rows_mut(&mut out, width, size, |first, out| {
                let rows = first..first + out.len() / width.max(1);
                let mut seeks = vec![seek.clone(); rows.len()];
                rows.clone().zip(&mut seeks).for_each(|(i, seek)| start(seek, i));
                search(&all[rows.start * p..rows.end * p], &mut seeks);
                let outs = out.chunks_exact_mut(width.max(1));
                rows.zip(&mut seeks).zip(outs).for_each(|((i, seek), out)| take(i, seek, out));
            });
            out
        };
        match self {
            Self::Scan(points) => together(TOGETHER, &|rows, seeks| scan_many(points, gauge, rows, seeks)),
            Self::Filter(filter) => together(filter::QUERIES, &|rows, seeks| filter.search(rows, seeks)),
            Self::Tree(points, tree) => {
                let order = near_ones_together(tree, gauge, queries.nrows(), &row);
                let pieces = par::map_chunks(order.len(), PIECE, |piece: Range<usize>| {
                    let mut out = vec![R::default(); piece.len() * width];
                    let (mut seek, mut stack) = (seek.clone(), Stack::new());
                    for (i, out) in order[piece].iter().zip(out.chunks_exact_mut(width.max(1))) {
                        start(&mut seek, *i as usize);
                        tree.search(points, gauge, row(*i as usize), &mut seek, &mut stack);
                        take(*i as usize, &mut seek, out);
                    }
                    out
                });
                let mut out = vec![R::default(); queries.nrows() * width];
                let found = pieces.into_iter().flatten();
                let mut found = found.into_iter();
                for i in order {
                    out[i as usize * width..][..width]
                        .iter_mut()
                        .zip(&mut found)
                        .for_each(|(out, v)| *out = v);
                }
                out
            }
        }
    }
}

/// The order in which queries find what the one before has brought into the cache.
fn near_ones_together<'a, T: Float>(
    tree: &Tree<T>,
    gauge: &Gauge,
    n: usize,
    row: &(impl Fn(usize) -> &'a [T] + Sync),
) -> Vec<u32> {
    let branches = par::map_chunks(n, 4 * PIECE, |piece| {
        piece.map(|i| (tree.branch(gauge, row(i)), i as u32)).collect::<Vec<_>>()
    });
    let mut order = branches.concat();
    order.sort_unstable();
    order.into_iter().map(|(_, i)| i).collect()
}

/// Offers all points to the seeks of row-major queries.
fn scan_many<T: Float, S: Seek>(points: &Points<T>, gauge: &Gauge, rows: &[T], seeks: &mut [S]) {
    // As many blocks as fit the first cache beside the queries.
    let step = (16_384 / (8 * points.p * size_of::<T>())).clamp(1, 8) * 8;
    for first in (0..points.count()).step_by(step) {
        let blocks = first..points.count().min(first + step);
        for (query, seek) in rows.chunks_exact(points.p).zip(&mut *seeks) {
            tree::scan(points, gauge, query, blocks.clone(), seek);
        }
    }
}
