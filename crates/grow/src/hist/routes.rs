//! Rows of a binned table through a tree that was grown on it, by their bins.

use super::scan::Passes;
use crate::bins::{Binned, ColumnBins};
use crate::{Test, Tree};

/// The tests of a tree, by bins.
#[derive(Debug)]
pub struct Routes<'a> {
    nodes: Vec<Route<'a>>,
}

#[derive(Debug)]
struct Route<'a> {
    /// The bins of all rows in the column tested.
    bins: &'a [u8],
    /// 1 for bins that go left.
    passes: [u8; 256],
    /// The left child; 0 for a leaf.
    left: u32,
}

impl<'a> Routes<'a> {
    /// Of a tree that was grown on the table.
    pub fn new(table: &'a Binned, tree: &Tree) -> Self {
        let route = |node: usize| {
            let (Some(test), Some([left, _])) = (tree.test(node), tree.children(node)) else {
                return Route { bins: &[], passes: [0; 256], left: 0 };
            };
            let (column, passes) = match test {
                Test::AtMost { column, threshold, missing_left } => {
                    let bins = &table.columns()[column];
                    (column, Passes::UpTo(bins.bin(threshold), missing_left).table(bins.count()))
                }
                Test::In { column, set, missing_left } => {
                    let mut passes = [u8::from(missing_left); 256];
                    if let ColumnBins::Categories(codes) = &table.columns()[column] {
                        for (code, passes) in codes.iter().zip(&mut passes) {
                            let word = set.get(*code as usize / 64).copied().unwrap_or(0);
                            *passes = (word >> (code % 64) & 1) as u8;
                        }
                    }
                    (column, passes)
                }
            };
            Route { bins: table.bins_of(column), passes, left: left as u32 }
        };
        Self { nodes: (0..tree.n_nodes()).map(route).collect() }
    }

    /// The leaf of a row.
    ///
    /// # Panics
    /// If the table has no such row.
    pub fn leaf(&self, row: usize) -> usize {
        let mut node = 0;
        loop {
            let at = &self.nodes[node];
            if at.left == 0 {
                return node;
            }
            node = at.left as usize + usize::from(at.passes[at.bins[row] as usize] == 0);
        }
    }
}
