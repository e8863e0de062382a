//! Rows drawn with replacement, as weights.

use estimand_core::Stream;
use estimand_core::random::{below, uniform};
use estimand_grow::settings::Rows;

/// How rows are drawn for each tree.
#[derive(Clone, Debug)]
pub(crate) struct Bag {
    rows: usize,
    draws: usize,
    weights: Weights,
}

#[derive(Clone, Debug)]
enum Weights {
    /// All rows alike.
    Equal,
    /// Whole numbers, summed up: the row of a draw is the one that so many repetitions reach.
    Repetitions(Vec<usize>),
    /// Others, summed up.
    Proportions(Vec<f64>),
}

/// Weights are read as repetitions if they do not ask for more draws than this for each row.
const MOST: f64 = 16.0;

impl Bag {
    /// `share` is of the draws that are made without it.
    pub(crate) fn new(rows: usize, weights: Option<&[f64]>, share: Option<Rows>) -> Self {
        let (draws, weights) = match weights {
            None => (rows, Weights::Equal),
            Some(w) => {
                let total: f64 = w.iter().sum();
                let present = w.iter().filter(|w| **w > 0.0).count();
                if w.iter().all(|w| w.fract() == 0.0) && total <= MOST * present as f64 {
                    let sums = w.iter().scan(0, |sum, w| {
                        *sum += *w as usize;
                        Some(*sum)
                    });
                    (total as usize, Weights::Repetitions(sums.collect()))
                } else {
                    let sums = w.iter().scan(0.0, |sum, w| {
                        *sum += w;
                        Some(*sum)
                    });
                    (present, Weights::Proportions(sums.collect()))
                }
            }
        };
        let draws = match share {
            None => draws,
            Some(Rows::Count(count)) => count,
            Some(Rows::Share(share)) => ((share * draws as f64).round() as usize).max(1),
        };
        Self { rows, draws, weights }
    }

    /// How often each row was drawn.
    pub(crate) fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let mut counts = vec![0.0; self.rows];
        for _ in 0..self.draws {
            let row = match &self.weights {
                Weights::Equal => below(self.rows, stream),
                Weights::Repetitions(sums) => {
                    let draw = below(sums.last().copied().unwrap_or(0), stream);
                    sums.partition_point(|sum| *sum <= draw)
                }
                Weights::Proportions(sums) => {
                    let draw = uniform(stream) * sums.last().copied().unwrap_or(0.0);
                    sums.partition_point(|sum| *sum <= draw)
                }
            };
            if let Some(count) = counts.get_mut(row) {
                *count += 1.0;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::Seed;

    #[test]
    fn weights_draw_as_repetitions_do() {
        let weights = [2.0, 0.0, 1.0, 3.0];
        let drawn = Bag::new(4, Some(&weights), None).draw(&mut Seed(3).stream(0));
        let repeated = Bag::new(6, None, None).draw(&mut Seed(3).stream(0));
        assert_eq!(drawn, [repeated[0] + repeated[1], 0.0, repeated[2], repeated[3..].iter().sum()]);
        assert_eq!(drawn.iter().sum::<f64>(), 6.0);
        // And as rows of equal weight.
        assert_eq!(Bag::new(6, Some(&[1.0; 6]), None).draw(&mut Seed(3).stream(0)), repeated);
    }

    #[test]
    fn proportions_and_shares() {
        let bag = Bag::new(3, Some(&[0.5, 0.0, 1.5]), Some(Rows::Count(4000)));
        let drawn = bag.draw(&mut Seed(3).stream(0));
        // A quarter of 4000, within five standard deviations of 27.
        assert!((drawn[0] - 1000.0).abs() < 137.0 && drawn[1] == 0.0);
        let draws = |weights: Option<&[f64]>, share| Bag::new(4, weights, share).draws;
        assert_eq!(draws(None, Some(Rows::Share(0.6))), 2);
        assert_eq!(draws(Some(&[0.1, 0.0, 0.2, 0.3]), None), 3);
        assert_eq!(draws(Some(&[1e9, 1.0, 0.0, 1.0]), None), 3);
    }
}
