//! The chain of nearest neighbours, in a table of distances.

use super::Linkage;
use super::model::Join;
use estimand_core::Float;
use ndarray::Array2;

/// Rows from which a table is worth being made smaller when half of its clusters are gone.
const SMALLER: usize = 256;

/// Clusters, how far apart they are, and which rows they hold.
struct Table<F> {
    /// d, k × k; infinite from and to what is no cluster any more, and on the diagonal.
    distances: Array2<F>,
    /// Weight of the rows; 0 for what is no cluster any more.
    sizes: Vec<f64>,
    /// A row of each.
    rows: Vec<usize>,
}

/// The joins of all rows, in the order of the chain.
pub(super) fn joins<F: Float>(mut distances: Array2<F>, sizes: Vec<f64>, linkage: Linkage) -> Vec<Join> {
    let n = distances.nrows();
    distances.diag_mut().fill(F::infinity());
    let mut table = Table { distances, sizes, rows: (0..n).collect() };
    let (mut chain, mut joins): (Vec<usize>, Vec<Join>) =
        (Vec::new(), Vec::with_capacity(n.saturating_sub(1)));
    while joins.len() + 1 < n {
        let left = n - joins.len();
        if chain.is_empty() {
            if table.sizes.len() >= SMALLER && left <= table.sizes.len() / 2 {
                table = table.smaller();
            }
            chain.extend(table.sizes.iter().position(|size| *size > 0.0));
        }
        let Some(&last) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|i| chain[i]);
        let (nearest, distance) = table.nearest(last, before);
        if before == Some(nearest) {
            chain.truncate(chain.len() - 2);
            joins.push(Join { rows: [table.rows[last], table.rows[nearest]], distance: distance.f64() });
            table.join(last, nearest, linkage);
        } else {
            chain.push(nearest);
        }
    }
    joins
}

impl<F: Float> Table<F> {
    /// The nearest cluster and how far it is; of equals the one before in the chain, else the first.
    fn nearest(&self, cluster: usize, before: Option<usize>) -> (usize, F) {
        let row = self.distances.row(cluster);
        let row = row.as_slice().unwrap_or_default();
        // Eight minima side by side, then the place: both without branches.
        let mut least = [F::infinity(); 8];
        let (eights, rest) = row.as_chunks::<8>();
        for eight in eights {
            (0..8).for_each(|l| least[l] = if eight[l] < least[l] { eight[l] } else { least[l] });
        }
        let least = least.iter().chain(rest).fold(F::infinity(), |m, d| if *d < m { *d } else { m });
        match before {
            Some(before) if row[before] == least => (before, least),
            // All may be infinitely far apart.
            _ => {
                let is_other = |i: &usize| *i != cluster && self.sizes[*i] > 0.0;
                let place = (0..row.len()).find(|i| row[*i] == least && is_other(i));
                (place.unwrap_or(cluster), least)
            }
        }
    }

    /// Joins b to a.
    fn join(&mut self, a: usize, b: usize, linkage: Linkage) {
        let (of_a, of_b) = (self.sizes[a], self.sizes[b]);
        let (share_a, share_b) = (of_a / (of_a + of_b), of_b / (of_a + of_b));
        for i in 0..self.sizes.len() {
            let (to_a, to_b) = (self.distances[[a, i]], self.distances[[b, i]]);
            let joined = match linkage {
                Linkage::Single => {
                    if to_b < to_a {
                        to_b
                    } else {
                        to_a
                    }
                }
                Linkage::Complete => {
                    if to_b > to_a {
                        to_b
                    } else {
                        to_a
                    }
                }
                Linkage::Average | Linkage::Ward => F::of(share_a * to_a.f64() + share_b * to_b.f64()),
            };
            let is_other = i != a && i != b && self.sizes[i] > 0.0;
            let joined = if is_other { joined } else { F::infinity() };
            self.distances[[a, i]] = joined;
            if is_other {
                self.distances[[i, a]] = joined;
                self.distances[[i, b]] = F::infinity();
            }
        }
        self.sizes[a] += of_b;
        self.sizes[b] = 0.0;
    }

    /// The same without what is no cluster any more.
    fn smaller(&self) -> Self {
        let kept: Vec<usize> = (0..self.sizes.len()).filter(|i| self.sizes[*i] > 0.0).collect();
        let mut distances = Array2::default((kept.len(), kept.len()));
        for (mut out, i) in distances.rows_mut().into_iter().zip(&kept) {
            let row = self.distances.row(*i);
            out.iter_mut().zip(&kept).for_each(|(out, j)| *out = row[*j]);
        }
        Self {
            distances,
            sizes: kept.iter().map(|i| self.sizes[*i]).collect(),
            rows: kept.iter().map(|i| self.rows[*i]).collect(),
        }
    }
}
