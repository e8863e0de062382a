//! Joins in a table of distances: many pairs in a round, then the chain of nearest neighbours.
//!
//! 1. Each cluster that is nearest to the one nearest to it is joined with it, all such pairs at once: as a join brings nothing
//!    nearer, another join would leave them what they are \[Murtagh83\]. The table is gone through row by row, and each row says
//!    what is nearest while it is in the cache; about half of the table is left.
//! 2. Where the clusters lie so that a round finds few pairs, the chain takes the rest, one join after the other.

use super::Linkage;
use super::model::Join;
use estimand_core::Float;
use estimand_par as par;
use ndarray::Array2;
use std::mem::take;

/// Rows from which a table is worth being made smaller when half of its clusters are gone.
const SMALLER: usize = 256;
/// Clusters for which a round should find a pair.
const PAIRED: usize = 16;

/// Clusters, how far apart they are, and which rows they hold.
struct Table<'a, F> {
    /// d, k × k; infinite from and to what is no cluster any more, and on the diagonal.
    distances: Vec<&'a mut [F]>,
    /// Weight of the rows; 0 for what is no cluster any more.
    sizes: Vec<f64>,
    /// A row of each.
    rows: Vec<usize>,
}

/// Two clusters that are joined, and their shares of the weight.
#[derive(Clone, Copy)]
struct Pair {
    of: [usize; 2],
    shares: [f64; 2],
}

/// A row of the next table.
struct Next<'a, F> {
    /// That of the cluster, or of the first of a pair, which it replaces.
    row: &'a mut [F],
    /// That of the second, and their shares.
    other: Option<(&'a mut [F], [f64; 2])>,
    nearest: (usize, F),
}

/// The joins of all rows, those of a cluster's parts before its own.
pub(super) fn joins<F: Float>(mut distances: Array2<F>, sizes: Vec<f64>, linkage: Linkage) -> Vec<Join> {
    let n = distances.nrows();
    distances.diag_mut().fill(F::infinity());
    let values = distances.as_slice_mut().unwrap_or_default();
    let mut table =
        Table { distances: values.chunks_exact_mut(n.max(1)).collect(), sizes, rows: (0..n).collect() };
    let mut joins = Vec::with_capacity(n.saturating_sub(1));
    table.rounds(linkage, &mut joins);
    table.chain(linkage, &mut joins);
    joins
}

impl Linkage {
    /// How far a pair is from another cluster, given how far its parts are.
    #[inline]
    fn of_two<F: Float>(self, [to_a, to_b]: [F; 2], shares: [f64; 2]) -> F {
        match self {
            Self::Single if to_b < to_a => to_b,
            Self::Complete if to_b > to_a => to_b,
            Self::Single | Self::Complete => to_a,
            Self::Average | Self::Ward => F::of(shares[0] * to_a.f64() + shares[1] * to_b.f64()),
        }
    }

    /// How far a pair (a, b) is from a pair (c, d), given ac, bc, ad, bd: the same bits either way round.
    #[inline]
    fn of_four<F: Float>(self, [ac, bc, ad, bd]: [F; 4], [a, b]: [f64; 2], [c, d]: [f64; 2]) -> F {
        match self {
            Self::Single | Self::Complete => {
                self.of_two([self.of_two([ac, bc], [a, b]), self.of_two([ad, bd], [a, b])], [c, d])
            }
            Self::Average | Self::Ward => {
                F::of((a * c * ac.f64() + b * d * bd.f64()) + (b * c * bc.f64() + a * d * ad.f64()))
            }
        }
    }
}

impl<'a, F: Float> Table<'a, F> {
    /// Joins all pairs of nearest clusters, again and again, as long as there are many.
    fn rounds(&mut self, linkage: Linkage, joins: &mut Vec<Join>) {
        let k = self.sizes.len();
        let mut nearest: Vec<(usize, F)> = par::map_chunks(k, par::chunk_len(k, k), |rows| {
            rows.map(|i| nearest(self.distances[i], |j| j != i)).collect::<Vec<_>>()
        })
        .concat();
        while self.sizes.len() > 1 {
            let shares = |of: [usize; 2]| {
                let [a, b] = of.map(|i| self.sizes[i]);
                Pair { of, shares: [a / (a + b), b / (a + b)] }
            };
            let (mut pairs, mut singles) = (Vec::new(), Vec::new());
            for (i, (j, distance)) in nearest.iter().enumerate() {
                if nearest[*j].0 != i {
                    singles.push(i);
                } else if i < *j {
                    pairs.push(shares([i, *j]));
                    joins.push(Join { rows: [self.rows[i], self.rows[*j]], distance: distance.f64() });
                }
            }
            nearest = self.join_all(&singles, &pairs, linkage);
            if pairs.len() * PAIRED < pairs.len() + singles.len() {
                return;
            }
        }
    }

    /// Joins pairs; what is nearest to each cluster then. Single clusters come first, and then the pairs.
    fn join_all(&mut self, singles: &[usize], pairs: &[Pair], linkage: Linkage) -> Vec<(usize, F)> {
        let left = singles.len() + pairs.len();
        let mut rows: Vec<&'a mut [F]> = take(&mut self.distances);
        let alone = singles.iter().map(|i| (*i, None));
        let paired = pairs.iter().map(|pair| (pair.of[0], Some((pair.of[1], pair.shares))));
        let mut table: Vec<Next<'a, F>> = alone
            .chain(paired)
            .map(|(i, other)| Next {
                row: take(&mut rows[i]),
                other: other.map(|(j, shares)| (take(&mut rows[j]), shares)),
                nearest: (0, F::infinity()),
            })
            .collect();
        par::for_each_chunk_mut(&mut table, par::chunk_len(left, 4 * left), |first, table| {
            let mut made = vec![F::zero(); left];
            for (i, next) in (first..).zip(table) {
                let (to_single, to_pair) = made.split_at_mut(singles.len());
                let (to_single, to_pair) = (to_single.iter_mut().zip(singles), to_pair.iter_mut().zip(pairs));
                let row = &*next.row;
                match &next.other {
                    None => {
                        to_single.for_each(|(out, c)| *out = row[*c]);
                        to_pair.for_each(|(out, Pair { of, shares })| {
                            *out = linkage.of_two(of.map(|c| row[c]), *shares);
                        });
                    }
                    Some((other, own)) => {
                        to_single.for_each(|(out, c)| *out = linkage.of_two([row[*c], other[*c]], *own));
                        to_pair.for_each(|(out, Pair { of: [c, d], shares })| {
                            let four = [row[*c], other[*c], row[*d], other[*d]];
                            *out = linkage.of_four(four, *own, *shares);
                        });
                    }
                }
                made[i] = F::infinity();
                next.nearest = nearest(&made, |j| j != i);
                next.row[..left].copy_from_slice(&made);
            }
        });
        let of_singles = |values: &[f64]| singles.iter().map(|i| values[*i]).collect::<Vec<_>>();
        let mut sizes = of_singles(&self.sizes);
        sizes.extend(pairs.iter().map(|pair| self.sizes[pair.of[0]] + self.sizes[pair.of[1]]));
        let firsts = singles.iter().copied().chain(pairs.iter().map(|pair| pair.of[0]));
        self.rows = firsts.map(|i| self.rows[i]).collect();
        self.sizes = sizes;
        let (distances, nearest) =
            table.into_iter().map(|next| (next.row.split_at_mut(left).0, next.nearest)).unzip();
        self.distances = distances;
        nearest
    }

    /// Joins one pair after the other: a chain, in which each cluster's nearest one follows it, ends in two that are nearest to
    /// one another, and goes on before them.
    fn chain(&mut self, linkage: Linkage, joins: &mut Vec<Join>) {
        let mut left = self.sizes.len();
        let mut chain: Vec<usize> = Vec::new();
        while left > 1 {
            if chain.is_empty() {
                if self.sizes.len() >= SMALLER && left <= self.sizes.len() / 2 {
                    self.shrink();
                }
                chain.extend(self.sizes.iter().position(|size| *size > 0.0));
            }
            let Some(&last) = chain.last() else { break };
            let before = chain.len().checked_sub(2).map(|i| chain[i]);
            let (mut other, distance) = nearest(self.distances[last], |i| i != last && self.sizes[i] > 0.0);
            // Of equals the one before in the chain.
            if let Some(before) = before.filter(|before| self.distances[last][*before] == distance) {
                other = before;
            }
            if before == Some(other) {
                chain.truncate(chain.len() - 2);
                joins.push(Join { rows: [self.rows[last], self.rows[other]], distance: distance.f64() });
                self.join(last, other, linkage);
                left -= 1;
            } else {
                chain.push(other);
            }
        }
    }

    /// Joins b to a.
    fn join(&mut self, a: usize, b: usize, linkage: Linkage) {
        let (of_a, of_b) = (self.sizes[a], self.sizes[b]);
        let shares = [of_a / (of_a + of_b), of_b / (of_a + of_b)];
        self.sizes[b] = 0.0;
        for i in 0..self.sizes.len() {
            let joined = linkage.of_two([self.distances[a][i], self.distances[b][i]], shares);
            let is_other = i != a && self.sizes[i] > 0.0;
            self.distances[a][i] = if is_other { joined } else { F::infinity() };
            if is_other {
                self.distances[i][a] = joined;
                self.distances[i][b] = F::infinity();
            }
        }
        self.sizes[a] += of_b;
    }

    /// Leaves out what is no cluster any more.
    fn shrink(&mut self) {
        let kept: Vec<usize> = (0..self.sizes.len()).filter(|i| self.sizes[*i] > 0.0).collect();
        let mut rows = take(&mut self.distances);
        let shorter = |row: &'a mut [F]| {
            kept.iter().enumerate().for_each(|(to, from)| row[to] = row[*from]);
            row.split_at_mut(kept.len()).0
        };
        self.distances = kept.iter().map(|i| shorter(take(&mut rows[*i]))).collect();
        self.sizes = kept.iter().map(|i| self.sizes[*i]).collect();
        self.rows = kept.iter().map(|i| self.rows[*i]).collect();
    }
}

/// The first of the nearest among those that count, and how far it is.
fn nearest<F: Float>(row: &[F], counts: impl Fn(usize) -> bool) -> (usize, F) {
    // Eight minima side by side, then the place: both without branches.
    let mut least = [F::infinity(); 8];
    let (eights, rest) = row.as_chunks::<8>();
    for eight in eights {
        (0..8).for_each(|l| least[l] = if eight[l] < least[l] { eight[l] } else { least[l] });
    }
    let least = least.iter().chain(rest).fold(F::infinity(), |m, d| if *d < m { *d } else { m });
    // All may be infinitely far apart.
    ((0..row.len()).find(|i| row[*i] == least && counts(*i)).unwrap_or(0), least)
}
