//! Vector kernels: the loops in which the toolkit spends its time, each compiled three times and chosen
//! at run time.
//!
//! | page | what it holds |
//! |---|---|
//! | `dispatch` | the table of all kernels and the one macro that makes their copies |
//! | `isa` | what the three copies may assume of the processor |
//! | `math` | `exp`, `ln`, … of one number, free of branches |
//! | `map` | those functions over slices |
//! | `reduce` | dot products, sums, distances, `y ← αx + y`, rows shifted and scaled |
//! | `robust` | sums over residuals on either side of a limit |
//! | `sparse` | sums over places that a list of numbers names |
//! | `classes` | sums by class, linear and Gaussian scores of eight classes at a time |
//! | `nearest` | the nearest of many centres, for eight rows at a time |
//! | `cuts` | the best place to cut a row of sums in two, for trees on histograms |
//! | `mixture` | squared distances, moments and responsibilities of Gaussian components, for eight rows at a time |
//! | `panel` | Gram matrices, tile by tile |
//! | `nodes` | small sorts, and sums on one side of a threshold: what decision trees ask |
//! | `near` | distances from a point to points and boxes in eights |
//! | `memory` | zeros for large results |
//! | `sgd` | stochastic gradient steps over the rows of a linear model |
//! | `separation` | squared distances from a row to many, and sums of their parts |
//! | `similarity` | products of rows with rows, and Gaussian kernels of them |
//! | `smo` | steps of sequential minimal optimisation |
//! | `logistic` | loss, residual and curvature of the logistic and the multinomial model in one pass |
//!
//! Every kernel takes `f32` or `f64` slices. Reductions have [`LANES`] fixed partial sums, in `f64` for
//! both types, that are added as a tree: the result depends on the values and on their number, never on
//! where the slice lies in memory. AVX-512, AVX2 and NEON give the same bits as one another; a processor
//! without fused multiply-add may differ from them in the last place.
//!
//! Slices that belong together must have equal lengths; a kernel reads as far as the shortest reaches.

// Functions compiled for instructions that the processor was found to have are called from code that is
// not: in `dispatch` and `isa`. `memory` asks the system for large pages; `sparse` checks a list of places as a whole. Nothing
// else is unsafe.
#![allow(unsafe_code)]

mod classes;
mod cuts;
mod dispatch;
mod isa;
mod logistic;
mod map;
mod math;
mod memory;
mod mixture;
mod near;
mod nearest;
mod nodes;
mod panel;
mod reduce;
mod robust;
mod separation;
mod sgd;
mod similarity;
mod smo;
mod sparse;

pub use cuts::{CutRules, LeftSums, PLACES};
pub use dispatch::*;
pub use isa::prefetch;
pub use memory::zeros;
pub use nearest::Nearest;
pub use panel::PANEL;
pub use reduce::LANES;
pub use sgd::{SgdLoss, SgdPass, SgdRate, SgdRows, SgdRule, SgdSeen, SgdState};

/// Sorts each part of `keys`, which end at `ends`, by itself. The keys of a part are distinct.
///
/// # Panics
/// If the ends fall, or the last lies beyond the keys.
pub fn sort_parts(keys: &mut [u32], ends: &[u32]) {
    sort_parts_of::<f64>(keys, ends);
}
