//! Pool adjacent violators: the rising steps closest to numbers in a row, by weighted squares.
//!
//! ```text
//! each number is a block; while the last block's mean is not above that of the one before it, the two become one,
//! m ← m₁ + (m₂ − m₁) W₂ / (W₁ + W₂)                                                                           (1)
//! ```
//!
//! Costs O(n). References: \[BestChakravarti90\].

/// Rows that share a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// The x of its first row.
    pub first: f64,
    /// The x of its last row.
    pub last: f64,
    /// m
    pub mean: f64,
    /// W
    pub weight: f64,
    /// Σ ω (y − m)²
    pub squares: f64,
}

impl Block {
    /// A row.
    pub fn new(x: f64, y: f64, weight: f64) -> Self {
        Self { first: x, last: x, mean: y, weight, squares: 0.0 }
    }

    /// (1)
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        let (apart, share) = (other.mean - self.mean, other.weight / weight);
        Self {
            first: self.first,
            last: other.last,
            mean: self.mean + apart * share,
            weight,
            squares: self.squares + other.squares + apart * apart * share * self.weight,
        }
    }
}

/// The blocks of rising means, from rows in the order of their x.
///
/// ```
/// use estimand_optim::{Block, pool};
///
/// let rows = [(1.0, 1.0), (2.0, 3.0), (3.0, 2.0), (4.0, 4.0)];
/// let means: Vec<f64> = pool(rows.map(|(x, y)| Block::new(x, y, 1.0))).iter().map(|b| b.mean).collect();
/// assert_eq!(means, [1.0, 2.5, 4.0]);
/// ```
pub fn pool(rows: impl IntoIterator<Item = Block>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for mut block in rows {
        while let Some(before) = blocks.pop_if(|before| before.mean >= block.mean) {
            block = before.with(block);
        }
        blocks.push(block);
    }
    blocks
}
