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
//! | `sparse` | sums over places that a list of numbers names |
//! | `classes` | sums by class, linear and Gaussian scores of eight classes at a time |
//! | `nearest` | the nearest of many centres, for eight rows at a time |
//! | `panel` | Gram matrices, tile by tile |
//! | `memory` | zeros for large results |
//! | `sgd` | stochastic gradient steps over the rows of a linear model |
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
mod dispatch;
mod isa;
mod logistic;
mod map;
mod math;
mod memory;
mod nearest;
mod panel;
mod reduce;
mod sgd;
mod similarity;
mod smo;
mod sparse;

pub use dispatch::*;
pub use isa::prefetch;
pub use memory::zeros;
pub use nearest::Nearest;
pub use panel::PANEL;
pub use reduce::LANES;
pub use sgd::{SgdLoss, SgdPass, SgdRate, SgdRows, SgdRule, SgdSeen, SgdState};
