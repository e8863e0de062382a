//! Random subsets of the rows, for estimators that fit many of them.

use crate::model::Outputs;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Samples, Stream, random};

/// Draws rows in proportion to their weights. Rows of one subset differ in x or y, as far as the data allow: a copy of a
/// row says nothing new. A weight of 2 is therefore the row twice, and 0 is its absence.
pub(crate) struct Subsets<'a, F, Y: Outputs<F>>
where
    F: Float,
{
    samples: Samples<'a, F, Y>,
    /// Sums of the weights up to and with each row.
    cumulated: Vec<f64>,
}

/// Draws for one place of a subset after which a copy is taken.
const ATTEMPTS: usize = 50;

impl<'a, F: Float, Y: Outputs<F>> Subsets<'a, F, Y> {
    pub(crate) fn new(samples: Samples<'a, F, Y>) -> Self {
        let mut sum = 0.0;
        let cumulated = (0..samples.nrows()).map(|i| {
            sum += samples.weights.map_or(1.0, |w| w[i].f64());
            sum
        });
        Self { cumulated: cumulated.collect(), samples }
    }

    /// `size` row numbers.
    pub(crate) fn draw(&self, size: usize, stream: &mut Stream) -> Vec<usize> {
        let total = self.cumulated.last().copied().unwrap_or_default();
        let mut rows: Vec<usize> = Vec::with_capacity(size);
        for _ in 0..size {
            let mut row = 0;
            for _ in 0..ATTEMPTS {
                let share = random::below(1 << 53, stream) as f64 / (1_u64 << 53) as f64;
                row = self.cumulated.partition_point(|c| *c <= share * total).min(self.cumulated.len() - 1);
                if rows.iter().all(|other| !self.alike(*other, row)) {
                    break;
                }
            }
            rows.push(row);
        }
        rows
    }

    /// Whether two rows are copies of one another.
    fn alike(&self, i: usize, j: usize) -> bool {
        let y = Y::columns(self.samples.y);
        let same_x = || match self.samples.x.values() {
            MatrixView::Dense(x) => x.row(i) == x.row(j),
            MatrixView::Sparse(x) => x.row(i).iter().eq(x.row(j).iter()),
        };
        i == j || (y.row(i) == y.row(j) && same_x())
    }
}
