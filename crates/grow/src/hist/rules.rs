//! What a tree on histograms is grown by.

use super::cell::{Layout, Sums};
use estimand_core::Seed;

/// Which leaf is split next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Growth {
    /// The one whose split gains most.
    #[default]
    LeafWise,
    /// The one that is nearest to the root.
    DepthWise,
}

/// What a tree is grown by.
#[derive(Clone, Debug)]
pub struct GrowRules {
    /// Which leaf is split next.
    pub growth: Growth,
    /// Most leaves.
    pub max_leaves: usize,
    /// Most steps from the root to a leaf.
    pub max_depth: usize,
    /// Least weight of a leaf's rows; of rows without weights, their number.
    pub min_leaf: f64,
    /// Least sum of hessians of a leaf.
    pub min_hessian: f64,
    /// α: what |G| must exceed for a value other than 0.
    pub l1: f64,
    /// λ, added to the sum of hessians.
    pub l2: f64,
    /// What a split must gain.
    pub min_gain: f64,
    /// What values of leaves are multiplied by.
    pub rate: f64,
    /// For each column, whether values of leaves must not fall (1) or not rise (−1) with it; empty for none.
    pub monotone: Vec<i8>,
    /// Sets of columns that may stand together on a path; empty where all may.
    pub interactions: Vec<Vec<usize>>,
    /// Columns that may be tested at all; empty for all.
    pub columns: Vec<bool>,
    /// Share of columns, drawn anew for each split.
    pub column_share: f64,
    /// Where draws come from.
    pub seed: Seed,
}

impl Default for GrowRules {
    fn default() -> Self {
        Self {
            growth: Growth::LeafWise,
            max_leaves: 31,
            max_depth: usize::MAX,
            min_leaf: 20.0,
            min_hessian: 1e-3,
            l1: 0.0,
            l2: 0.0,
            min_gain: 0.0,
            rate: 0.1,
            monotone: Vec::new(),
            interactions: Vec::new(),
            columns: Vec::new(),
            column_share: 1.0,
            seed: Seed(0),
        }
    }
}

/// Values that a node's leaves may have: what monotone columns above it allow.
pub(crate) type Bounds = (f64, f64);

impl GrowRules {
    /// Sums as numbers: G, H and the weight of the rows.
    pub(crate) fn numbers(sums: Sums, layout: &Layout) -> [f64; 3] {
        std::array::from_fn(|k| sums[k] as f64 * layout.scales[k])
    }

    /// −s(G) / (H + λ), within the bounds; 0 where there is no curvature.
    pub(crate) fn value(&self, [g, h, _]: [f64; 3], (low, high): Bounds) -> f64 {
        let soft = (g.abs() - self.l1).max(0.0).copysign(g);
        let curvature = h + self.l2;
        let value = if curvature > 0.0 { -soft / curvature } else { 0.0 };
        value.max(low).min(high)
    }

    /// Twice what the loss falls by when all rows are given a value: −2Gv − 2α|v| − (H + λ)v².
    pub(crate) fn score(&self, [g, h, _]: [f64; 3], value: f64) -> f64 {
        -2.0 * g * value - 2.0 * self.l1 * value.abs() - (h + self.l2) * value * value
    }

    /// Columns that may be tested below those of a path: members of the sets that hold all of the path.
    pub(crate) fn allowed_beside(&self, p: usize, path: &[usize]) -> Vec<bool> {
        let mut allowed = vec![false; p];
        for set in &self.interactions {
            if path.iter().all(|column| set.contains(column)) {
                set.iter().filter(|j| **j < p).for_each(|j| allowed[*j] = true);
            }
        }
        for (j, allowed) in allowed.iter_mut().enumerate() {
            *allowed &= self.columns.get(j).copied().unwrap_or(true);
        }
        allowed
    }

    pub(crate) fn monotone(&self, column: usize) -> i8 {
        self.monotone.get(column).copied().unwrap_or(0)
    }

    pub(crate) fn allows(&self, [_, h, c]: [f64; 3]) -> bool {
        c > 0.0 && c >= self.min_leaf && h >= self.min_hessian && h + self.l2 > 0.0
    }
}
