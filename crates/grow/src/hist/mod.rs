//! Trees grown on histograms: one byte for each value, sums by bin, and never a sort.
//!
//! ```text
//! node        G = Σ gᵢ, H = Σ hᵢ, C = Σ wᵢ over its rows         value −s(G) / (H + λ)         s(G) = sign(G) max(|G| − α, 0)
//! split       gain = s(G_l)² / (H_l + λ) + s(G_r)² / (H_r + λ) − s(G)² / (H + λ)                 twice what the loss falls by
//! histogram   for each column and bin, the sums of the rows whose value lies in the bin
//! ```
//!
//! | page | what it holds |
//! |---|---|
//! | [`cell`] | what a histogram's cells hold: whole numbers, so that no order of summation matters |
//! | [`build`] | adding rows to histograms |
//! | [`scan`](self) | the best split of a node from its histogram |
//! | [`parting`] | sending a node's rows to its sides |
//! | [`rules`] | limits, penalties, constraints |
//! | [`grow`] | all of that: a tree |
//! | [`routes`] | rows through a tree by their bins |
//!
//! `README.md` beside the crate's sources tells its next author why it is as it is.
//!
//! A tree of L leaves on n rows and p columns costs O(np) for the root and less than O(np) for every level below it, and
//! O(255 p L) for the scans. References: \[Ke17\], \[Chen16\]; \[Shi22\] on gradients as whole numbers.

pub mod build;
pub mod cell;
pub mod grow;
pub mod parting;
pub mod routes;
pub mod rules;
mod scan;

#[cfg(test)]
mod tests;

pub use cell::{Cell, GradientCell, Layout, Totals};
pub use grow::{Grower, Grown};
pub use routes::Routes;
pub use rules::{GrowRules, Growth};
