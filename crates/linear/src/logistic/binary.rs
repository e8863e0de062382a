//! Two classes: one column of scores, the logarithm of the odds of the second class.
//!
//! ```text
//! ℓ(z, y) = ln(1 + eᶻ) − y z      rᵢ = wᵢ (σ(zᵢ) − yᵢ)      D = diag wᵢ σ(zᵢ) (1 − σ(zᵢ))
//! ```

use super::design::{Block, Design};
use super::problem::{Part, Rows, Second, add_second};
use estimand_core::Float;
use estimand_loss::Loss;
use std::ops::Range;

/// Adds the losses of a block, leaves its residuals in `z`, and adds its second derivatives.
pub(super) fn block<F: Float>(
    design: &Design<'_, F>,
    rows: &Rows<'_>,
    at: Range<usize>,
    block: Block<'_, F>,
    second: Second,
    part: &mut Part,
) {
    let weights = rows.weights(at.clone());
    let buffers = &mut part.buffers;
    buffers.y.clear();
    buffers.y.extend(rows.codes(at).iter().map(|code| f64::from(*code)));
    if second == Second::None {
        part.value += Loss::Binomial.gradient(&mut buffers.z, &buffers.y, weights);
    } else {
        buffers.h.resize(buffers.z.len(), 0.0);
        part.value += Loss::Binomial.curvature(&mut buffers.z, &buffers.y, weights, &mut buffers.h);
        add_second(design, block, second, 1, part);
    }
}
