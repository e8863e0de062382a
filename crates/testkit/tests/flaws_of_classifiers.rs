//! The suite can fail: a classifier that passes, and one flaw at a time, each caught by its check.

use estimand_core::{
    ClassCodes, ClassWeight, Error, Features, FitClasses, Float, Probabilities, Records, Result, Samples,
    Scores, Scratch,
};
use estimand_testkit::{Suite, classifier};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Flaw {
    None,
    TwoColumnsForTwoClasses,
    ProbabilitiesDoNotSum,
    ProbabilitiesSwapped,
    ProbabilitiesUnranked,
    IgnoresClassWeights,
    ForgetsLastClass,
    NanOnContradictions,
    Panics,
    OneRowDiffers,
    LosesClassesWhenSaved,
}

estimand_core::params! {
    /// Nearest weighted mean, with the logarithm of the class's weight in its favour.
    struct Toy {
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// The flaw.
        flaw: Flaw = Flaw::None;
    }
    accepts: weights;
}

/// Scores are affine: `x · slopes + shifts`, one column per class.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct Means<F> {
    slopes: Array2<F>,
    shifts: Array1<F>,
    features: Features,
    flaw: Flaw,
}
estimand_core::persist!(Means<F>, |_| Ok(()), |m, k| match m.flaw {
    Flaw::LosesClassesWhenSaved => Err(Error::Persist { what: "classes are lost".into() }),
    _ => estimand_core::persist::check_len("shifts", k, m.shifts.len()),
});

impl FitClasses for Toy {
    type Model<F: Float> = Means<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Means<F>> {
        let Samples { x, y, weights, .. } = samples;
        assert!(self.flaw != Flaw::Panics, "as told");
        x.check_finite()?;
        let features = Features::of(x);
        let x = x.dense("Toy")?;
        let weight = |i: usize| weights.map_or(1.0, |w| w[i].f64());
        let (mut sums, mut mass) = (Array2::<f64>::zeros((y.k, x.ncols())), vec![0.0; y.k]);
        for (i, row) in x.rows().into_iter().enumerate() {
            let c = y.y[i] as usize;
            mass[c] += weight(i);
            row.iter().zip(sums.row_mut(c)).for_each(|(v, s)| *s += weight(i) * v.f64());
        }
        let total: f64 = mass.iter().sum();
        sums.rows_mut().into_iter().zip(&mass).for_each(|(mut row, m)| row /= *m);
        // The larger the spread of the means, the more a prior must weigh to matter.
        let centre = sums.mean_axis(Axis(0)).unwrap_or_default();
        let spread = (&sums - &centre).mapv(|v| v * v).sum();
        let mut shifts = Array1::from_shape_fn(y.k, |c| {
            let row = sums.row(c);
            spread * (mass[c] / total).ln() - row.dot(&row) / 2.0
        });
        if self.flaw == Flaw::ForgetsLastClass && y.k > 3 {
            shifts[y.k - 1] = -1e9;
        }
        if self.flaw == Flaw::NanOnContradictions && spread == 0.0 {
            shifts /= spread;
        }
        let slopes = sums.t().mapv(F::of);
        let model = Means { slopes, shifts: shifts.mapv(F::of), features, flaw: self.flaw };
        let sound = model.slopes.iter().chain(&model.shifts).all(|v| v.is_finite());
        match sound || self.flaw == Flaw::NanOnContradictions {
            true => Ok(model),
            false => Err(Error::numerical("values are too large to square")),
        }
    }

    fn class_weight(&self) -> &ClassWeight {
        match self.flaw {
            Flaw::IgnoresClassWeights => &ClassWeight::Uniform,
            _ => &self.class_weight,
        }
    }
}

impl<F: Float> Means<F> {
    fn all(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite()?;
        let z = x.dense("Toy")?.dot(&self.slopes) + &self.shifts;
        match z.iter().all(|v| v.is_finite()) || self.flaw == Flaw::NanOnContradictions {
            true => Ok(z),
            false => Err(Error::numerical("overflow")),
        }
    }
}
impl<F: Float> Scores<F> for Means<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let z = self.all(x)?;
        match z.ncols() == 2 && self.flaw != Flaw::TwoColumnsForTwoClasses {
            true => Ok((&z.column(1) - &z.column(0)).insert_axis(Axis(1))),
            false => Ok(z),
        }
    }
    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        let x = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        out.clear();
        out.extend(self.scores(x.into())?);
        if self.flaw == Flaw::OneRowDiffers {
            out.reverse();
        }
        Ok(())
    }
}
impl<F: Float> Probabilities<F> for Means<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let mut p = self.all(x)?;
        for (i, mut row) in p.rows_mut().into_iter().enumerate() {
            let most = row.iter().copied().fold(F::neg_infinity(), F::max);
            row.mapv_inplace(|v| (v - most).exp());
            let sum = row.sum();
            row /= sum;
            match self.flaw {
                Flaw::ProbabilitiesDoNotSum => row *= F::of(0.999),
                Flaw::ProbabilitiesSwapped => row.invert_axis(Axis(0)),
                // The winner stays, the confidence changes from row to row.
                Flaw::ProbabilitiesUnranked if row.len() == 2 && i % 2 == 0 => {
                    row.mapv_inplace(|v| if v > F::of(0.5) { F::of(0.51) } else { F::of(0.49) });
                }
                _ => {}
            }
            if self.flaw == Flaw::ProbabilitiesSwapped {
                let swapped: Vec<F> = row.iter().rev().copied().collect();
                row.iter_mut().zip(swapped).for_each(|(v, s)| *v = s);
            }
        }
        Ok(p)
    }
}

fn suite(flaw: Flaw) -> Suite<Toy> {
    classifier(Toy::new().flaw(flaw)).probabilities().class_weights(Toy::class_weight).one_row().saved()
}

#[test]
fn a_sound_classifier_passes() {
    suite(Flaw::None).run();
}

#[test]
fn every_flaw_is_caught() {
    for (flaw, check) in [
        (Flaw::TwoColumnsForTwoClasses, "decisions_have_the_right_shape"),
        (Flaw::ProbabilitiesDoNotSum, "probabilities_agree_with_decisions"),
        (Flaw::ProbabilitiesSwapped, "probabilities_agree_with_decisions"),
        (Flaw::ProbabilitiesUnranked, "probabilities_agree_with_decisions"),
        (Flaw::IgnoresClassWeights, "class_weights_are_weights_of_rows"),
        (Flaw::ForgetsLastClass, "many_classes_are_told_apart"),
        (Flaw::NanOnContradictions, "contradicting_rows_are_learnt"),
        (Flaw::Panics, "clusters_are_told_apart"),
        (Flaw::OneRowDiffers, "one_row_answers_as_in_a_batch"),
        (Flaw::LosesClassesWhenSaved, "a_saved_model_answers_the_same"),
    ] {
        let failures = suite(flaw).failures();
        let found = failures.iter().find(|(name, _)| *name == check);
        let Some((_, what)) = found else { panic!("{flaw:?} should fail {check}, but fails {failures:?}") };
        assert_eq!(what.contains("panics: as told"), flaw == Flaw::Panics, "{what}");
    }
}
