//! Growing a forest, and asking the trees about rows that they have not seen.

use super::bag::Bag;
use super::model::OutOfBag;
use estimand_core::{Error, Float, Records, Result, Seed};
use estimand_grow::exact::Response;
use estimand_grow::settings::{Plan, Rows};
use estimand_grow::{Tree, walk};
use estimand_par as par;
use ndarray::Array2;

/// What a forest is besides its trees.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    pub(crate) plan: Plan,
    pub(crate) n_trees: usize,
    pub(crate) bootstrap: bool,
    pub(crate) max_samples: Option<Rows>,
    pub(crate) oob_score: bool,
    /// Classes are made to weigh alike among the rows that are drawn.
    pub(crate) balanced_subsample: bool,
    pub(crate) seed: u64,
}

impl Forest {
    fn check(&self) -> Result<()> {
        if !self.bootstrap {
            let without =
                |what: &str| Err(Error::unsupported(&*self.plan.name, format!("{what} without `bootstrap`")));
            if self.max_samples.is_some() {
                return without("`max_samples`");
            }
            if self.oob_score {
                return without("`oob_score`");
            }
            if self.balanced_subsample {
                return without("`balanced_subsample`");
            }
        }
        match self.max_samples {
            Some(Rows::Count(0)) => Err(Error::parameter("max_samples", 0, "a number of rows, at least 1")),
            Some(Rows::Share(s)) if !(s > 0.0 && s.is_finite()) => {
                Err(Error::parameter("max_samples", s, "a share above 0"))
            }
            _ => Ok(()),
        }
    }

    /// Grows trees after those of `start`, and scores all of them.
    pub(crate) fn grow<F: Float>(
        &self,
        x: Records<'_, F>,
        response: Response<'_>,
        weights: Option<&[f64]>,
        start: &[Tree],
    ) -> Result<(Vec<Tree>, Option<OutOfBag>)> {
        self.check()?;
        self.plan.check(x.ncols(), response)?;
        let width = match response {
            Response::Classes(_, width) | Response::Numbers(_, width) => width,
        };
        if start.iter().any(|tree| tree.width() != width) {
            return Err(Error::target(
                "as many classes or targets as the model to start from has are needed",
            ));
        }
        if self.n_trees < start.len() {
            let allowed = format!("at least {}, the trees to start from", start.len());
            return Err(Error::parameter("n_trees", self.n_trees, allowed));
        }
        let columns = self.plan.columns(x)?;
        let bag = self.bootstrap.then(|| Bag::new(x.nrows(), weights, self.max_samples));
        let grown = par::try_map(self.n_trees - start.len(), |i| {
            let seed = self.seed_of(start.len() + i);
            let drawn = bag.as_ref().map(|bag| self.draw(bag, response, seed));
            self.plan.grow(&columns, response, drawn.as_deref().or(weights), seed.child(0))
        })?;
        drop(columns);
        let trees: Vec<Tree> = start.iter().cloned().chain(grown).collect();
        let oob = match bag {
            Some(bag) if self.oob_score => Some(self.out_of_bag(&trees, &bag, x, response, weights)),
            _ => None,
        };
        Ok((trees, oob))
    }

    fn seed_of(&self, tree: usize) -> Seed {
        Seed(self.seed).child(tree as u64)
    }

    /// How often each row was drawn for a tree, times the factor of its class.
    fn draw(&self, bag: &Bag, response: Response<'_>, seed: Seed) -> Vec<f64> {
        let mut drawn = bag.draw(&mut seed.stream(1));
        if let (true, Response::Classes(codes, k)) = (self.balanced_subsample, response) {
            let mut masses = vec![0.0; k];
            codes.iter().zip(&drawn).for_each(|(c, w)| masses[*c as usize] += w);
            let present = masses.iter().filter(|m| **m > 0.0).count() as f64;
            let total: f64 = masses.iter().sum();
            codes
                .iter()
                .zip(&mut drawn)
                .for_each(|(c, w)| *w *= total / (present * masses[*c as usize]).max(1.0));
        }
        drawn
    }

    /// (1) for each training row over the trees that have not seen it.
    fn out_of_bag<F: Float>(
        &self,
        trees: &[Tree],
        bag: &Bag,
        x: Records<'_, F>,
        response: Response<'_>,
        weights: Option<&[f64]>,
    ) -> OutOfBag {
        let (n, p, width) = (x.nrows(), x.ncols(), trees.first().map_or(1, Tree::width));
        let unseen: Vec<Vec<bool>> = par::map(trees.len(), |t| {
            bag.draw(&mut self.seed_of(t).stream(1)).iter().map(|count| *count == 0.0).collect()
        });
        // Sums, and the number of trees.
        let mut sums = vec![0.0; n * (width + 1)];
        let steps: usize = trees.iter().map(Tree::depth).sum();
        walk::for_each_block(x, &mut sums, width + 1, p + 4 * steps, |first, rows, sums| {
            for (tree, unseen) in trees.iter().zip(&unseen) {
                let rows = rows.chunks_exact(p).zip(&unseen[first..]).zip(sums.chunks_exact_mut(width + 1));
                for ((row, _), sums) in rows.filter(|((_, unseen), _)| **unseen) {
                    let value = tree.value(walk::leaf(tree, row));
                    sums.iter_mut().zip(value.iter().chain(&[1.0])).for_each(|(sum, v)| *sum += v);
                }
            }
        });
        // NaN where every tree has seen the row.
        let means = sums.chunks_exact(width + 1).flat_map(|s| s[..width].iter().map(|sum| sum / s[width]));
        let prediction = Array2::from_shape_vec((n, width), means.collect()).unwrap_or_default();
        OutOfBag::new(prediction, response, weights)
    }
}
