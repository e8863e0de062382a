//! The check of batches of classifiers can fail: a learner that passes, and one flaw at a time.

use estimand_core::{
    ClassCodes, Features, FitBatches, FitClasses, Float, LearnClasses, Records, Result, Samples, Scores,
    Scratch,
};
use estimand_testkit::{Suite, classifier};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

const CHECK: &str = "class_batches_are_as_all_at_once";

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Flaw {
    None,
    ForgetsEarlierBatches,
    AveragesBatches,
    LearnsWhatItRefuses,
}

estimand_core::params! {
    /// Nearest weighted mean.
    struct Toy {
        /// The flaw.
        flaw: Flaw = Flaw::None;
    }
    accepts: weights;
}

#[derive(Clone, Debug)]
struct Means<F> {
    sums: Array2<F>,
    mass: Array1<F>,
    features: Features,
    flaw: Flaw,
}

impl FitClasses for Toy {
    type Model<F: Float> = Means<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Means<F>> {
        let mut model = self.begin_classes(samples.y.k, Features::of(samples.x))?;
        model.learn_classes(samples)?;
        Ok(model)
    }
}

impl FitBatches for Toy {
    fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<Means<F>> {
        let (sums, mass) = (Array2::zeros((k, features.count())), Array1::zeros(k));
        Ok(Means { sums, mass, features, flaw: self.flaw })
    }
}

impl<F: Float> LearnClasses<F> for Means<F> {
    fn learn_classes(&mut self, batch: Samples<'_, F, ClassCodes>) -> Result<()> {
        self.features.check(batch.x)?;
        let x = batch.x.dense("Toy")?;
        if let (Flaw::LearnsWhatItRefuses, Err(error)) = (self.flaw, batch.x.check_finite()) {
            self.mass[0] += F::one();
            return Err(error);
        }
        batch.x.check_finite()?;
        let (mut sums, mut mass) = (Array2::zeros(self.sums.raw_dim()), Array1::zeros(self.mass.len()));
        for (i, row) in x.rows().into_iter().enumerate() {
            let (c, w) = (batch.y.y[i] as usize, batch.weights.map_or(F::one(), |w| w[i]));
            sums.row_mut(c).scaled_add(w, &row);
            mass[c] += w;
        }
        match self.flaw {
            Flaw::ForgetsEarlierBatches => (self.sums, self.mass) = (sums, mass),
            Flaw::AveragesBatches if self.mass.sum() > F::zero() => {
                let half = F::of(0.5);
                self.sums = (&self.sums + &sums).mapv(|v| v * half);
                self.mass = (&self.mass + &mass).mapv(|v| v * half);
                self.sums *= F::of(1.1);
            }
            _ => {
                self.sums += &sums;
                self.mass += &mass;
            }
        }
        Ok(())
    }
}

impl<F: Float> Scores<F> for Means<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite()?;
        let means =
            &self.sums / &self.mass.mapv(|m| if m > F::zero() { m } else { F::one() }).insert_axis(Axis(1));
        let squares = means.map_axis(Axis(1), |row| row.dot(&row) / F::of(2.0));
        let z = x.dense("Toy")?.dot(&means.t()) - &squares;
        Ok(if z.ncols() == 2 { (&z.column(1) - &z.column(0)).insert_axis(Axis(1)) } else { z })
    }
    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        let x = ArrayView2::from_shape((1, row.len()), row)
            .map_err(|e| estimand_core::Error::numerical(e.to_string()))?;
        out.clear();
        out.extend(self.scores(x.into())?);
        Ok(())
    }
}

fn failures(flaw: Flaw) -> Vec<(&'static str, String)> {
    let suite: Suite<Toy> = classifier(Toy::new().flaw(flaw)).class_batches();
    suite.failures().into_iter().filter(|(name, _)| *name == CHECK).collect()
}

#[test]
fn a_sound_learner_passes() {
    assert_eq!(failures(Flaw::None), []);
}

#[test]
fn every_flaw_is_caught() {
    for (flaw, word) in [
        (Flaw::ForgetsEarlierBatches, "batches: "),
        (Flaw::AveragesBatches, "batches: "),
        (Flaw::LearnsWhatItRefuses, "after refused batches"),
    ] {
        let found = failures(flaw);
        assert!(found.len() == 1 && found[0].1.contains(word), "{flaw:?}: {found:?}");
    }
}

#[test]
fn values_are_mapped_into_the_domain() {
    // Of values that are all 0, no clusters can be told apart.
    let suite = classifier(Toy::new()).records(|v| if v.is_finite() { 0.0 } else { v });
    assert!(suite.failures().iter().any(|(name, _)| *name == "clusters_are_told_apart"));
    let ordinary = classifier(Toy::new()).failures();
    assert!(!ordinary.iter().any(|(name, _)| *name == "clusters_are_told_apart"), "{ordinary:?}");
}
