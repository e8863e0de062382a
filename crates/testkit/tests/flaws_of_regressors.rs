//! The suite can fail: a regressor that passes, and one flaw at a time, each caught by its check.

use estimand_core::describe::{at_least, between};
use estimand_core::samples::check_finite_target;
use estimand_core::{Error, Features, Fit, Float, Predict, PredictOne, Records, Result, Samples, Scratch};
use estimand_testkit::{Suite, regressor};
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

/// What is wrong with the toy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Flaw {
    None,
    AcceptsNan,
    AcceptsNanWhenAsked,
    AcceptsEmpty,
    IgnoresWidth,
    IgnoresNames,
    IgnoresWeights,
    CountsZeroWeights,
    AcceptsNegativeWeights,
    DependsOnLayout,
    DependsOnThreads,
    DependsOnNeighbours,
    DependsOnTrainingOrder,
    LosesPrecision,
    ForgetsRange,
    OneRowDiffers,
    LearnsNothing,
    OverflowsToNan,
    AcceptsNanTarget,
    AcceptsNanInSinglePrecision,
    Panics,
    MissesTheConstant,
    LosesTheDistant,
    IgnoresGroups,
}

estimand_core::params! {
    /// Least squares on the column sums of the centred records, a small penalty for steadiness.
    struct Toy {
        /// The penalty.
        alpha: f64 = 1e-9, at_least(0.0);
        /// Not used; here for its range.
        share: f64 = 0.5, between(0.0, 1.0);
        /// The flaw.
        flaw: Flaw = Flaw::None;
    }
    accepts: weights;
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct Line<F> {
    slope: F,
    shift: F,
    features: Features,
    flaw: Flaw,
}
estimand_core::persist!(Line<F>);

impl<F: Float> Fit<F, Array1<F>> for Toy {
    type Model = Line<F>;

    fn fit_samples(&self, s: Samples<'_, F, Array1<F>>) -> Result<Line<F>> {
        use estimand_core::Describe;
        let flaw = self.flaw;
        if flaw == Flaw::ForgetsRange {
            // Only one of the two ranges is looked at when fitting.
            at_least(0.0).check("alpha", &self.alpha)?;
        } else {
            self.check()?;
        }
        match flaw {
            Flaw::AcceptsEmpty if s.nrows() == 0 => {}
            Flaw::AcceptsNegativeWeights => Samples { weights: None, ..s }.check()?,
            Flaw::IgnoresGroups => Samples { groups: None, ..s }.check()?,
            _ => s.check()?,
        }
        assert!(flaw != Flaw::Panics, "as told");
        let x = s.x.dense("Toy")?;
        if flaw != Flaw::AcceptsNan && !(flaw == Flaw::AcceptsNanInSinglePrecision && F::NAME == "f32") {
            s.x.check_finite()?;
        }
        if flaw != Flaw::AcceptsNanTarget {
            check_finite_target(s.y.insert_axis(Axis(1)))?;
        }
        let mut sums = match flaw {
            // What comes of reading memory instead of the view.
            Flaw::DependsOnLayout => {
                let memory = x.as_slice_memory_order().unwrap_or(&[]);
                (0..x.nrows())
                    .map(|i| memory.iter().skip(i * x.ncols()).take(x.ncols()).map(|v| v.f64()).sum())
                    .collect()
            }
            _ => x.rows().into_iter().map(|r| r.iter().map(|v| v.f64()).sum()).collect::<Vec<f64>>(),
        };
        if flaw == Flaw::LosesPrecision && F::NAME == "f32" {
            sums.iter_mut().for_each(|v| *v = v.round());
        }
        let mut w: Vec<f64> =
            s.weights.map_or(vec![1.0; sums.len()], |w| w.iter().map(|v| v.f64()).collect());
        match flaw {
            Flaw::IgnoresWeights => w.fill(1.0),
            Flaw::CountsZeroWeights => w.iter_mut().for_each(|w| *w = w.max(0.1)),
            Flaw::DependsOnTrainingOrder => w[0] *= 3.0,
            Flaw::DependsOnThreads => w[0] += estimand_par::threads() as f64 * 1e-9,
            _ => {}
        }
        let total: f64 = w.iter().sum();
        let mean =
            |v: &mut dyn Iterator<Item = f64>| w.iter().zip(v).map(|(w, v)| w * v).sum::<f64>() / total;
        let (mx, my) = (mean(&mut sums.iter().copied()), mean(&mut s.y.iter().map(|v| v.f64())));
        let cross = mean(&mut sums.iter().zip(s.y).map(|(v, y)| (v - mx) * (y.f64() - my)));
        let square = mean(&mut sums.iter().map(|v| (v - mx).powi(2)));
        let square = if flaw == Flaw::LosesTheDistant { square + mx * mx * 1e-3 } else { square };
        let slope = match flaw {
            Flaw::OverflowsToNan => square * cross / (square * square),
            _ if square + self.alpha > 0.0 => cross / (square + self.alpha),
            _ => 0.0,
        };
        let my = if flaw == Flaw::MissesTheConstant && cross == 0.0 { my * 0.999 } else { my };
        let (slope, shift) = if flaw == Flaw::LearnsNothing { (0.0, my) } else { (slope, my - slope * mx) };
        if !(slope.is_finite() && shift.is_finite())
            && flaw != Flaw::OverflowsToNan
            && flaw != Flaw::AcceptsNan
            && flaw != Flaw::AcceptsNanTarget
        {
            return Err(Error::numerical("values are too large to square"));
        }
        Ok(Line { slope: F::of(slope), shift: F::of(shift), features: Features::of(s.x), flaw })
    }
}

impl<F: Float> Predict<F> for Line<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        match self.flaw {
            Flaw::IgnoresWidth => {}
            Flaw::IgnoresNames => self.features.check_width(x.ncols())?,
            _ => self.features.check(x)?,
        }
        if self.flaw != Flaw::AcceptsEmpty {
            x.check_shape()?;
        }
        if self.flaw != Flaw::AcceptsNanWhenAsked {
            x.check_finite()?;
        }
        let x = x.dense("Toy")?;
        let mut z: Array1<F> = x.sum_axis(Axis(1)).mapv(|v| v * self.slope + self.shift);
        if self.flaw == Flaw::DependsOnNeighbours {
            let first = z[0];
            z.mapv_inplace(|v| v - first);
        }
        match z.iter().all(|v| v.is_finite())
            || self.flaw == Flaw::OverflowsToNan
            || self.flaw == Flaw::AcceptsNanWhenAsked
        {
            true => Ok(z),
            false => Err(Error::numerical("overflow")),
        }
    }
}
impl<F: Float> PredictOne<F> for Line<F> {
    type One<'m> = F;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        let x = ndarray::ArrayView2::from_shape((1, row.len()), row)
            .map_err(|e| Error::numerical(e.to_string()))?;
        let one = self.predict_records(x.into())?[0];
        Ok(if self.flaw == Flaw::OneRowDiffers { one + F::one() } else { one })
    }
}
fn suite(flaw: Flaw) -> Suite<Toy> {
    regressor(Toy::new().flaw(flaw)).saved().one_row()
}

fn caught(flaw: Flaw, check: &str) {
    let failures = suite(flaw).failures();
    assert!(
        failures.iter().any(|(name, _)| *name == check),
        "{flaw:?} should fail {check}, but fails {failures:?}"
    );
}

#[test]
fn a_sound_estimator_passes() {
    suite(Flaw::None).run();
}

#[test]
fn every_flaw_is_caught() {
    caught(Flaw::AcceptsNan, "nan_is_refused_when_fitting");
    caught(Flaw::AcceptsNan, "infinity_is_refused_when_fitting");
    caught(Flaw::AcceptsNanWhenAsked, "nan_is_refused_when_asked");
    caught(Flaw::AcceptsEmpty, "empty_input_is_refused");
    caught(Flaw::IgnoresWidth, "other_widths_are_refused");
    caught(Flaw::IgnoresNames, "other_names_are_refused");
    caught(Flaw::IgnoresNames, "a_saved_model_answers_the_same");
    caught(Flaw::IgnoresWeights, "weights_are_repetitions");
    caught(Flaw::CountsZeroWeights, "weight_zero_is_absence");
    caught(Flaw::AcceptsNegativeWeights, "bad_weights_are_refused");
    caught(Flaw::DependsOnLayout, "layouts_agree_when_fitting");
    caught(Flaw::DependsOnThreads, "threads_do_not_change_a_bit");
    caught(Flaw::DependsOnNeighbours, "rows_are_answered_independently");
    caught(Flaw::DependsOnTrainingOrder, "the_order_of_training_rows_does_not_matter");
    caught(Flaw::LosesPrecision, "single_precision_agrees");
    caught(Flaw::ForgetsRange, "settings_out_of_range_are_refused");
    caught(Flaw::OneRowDiffers, "one_row_answers_as_in_a_batch");
    caught(Flaw::LearnsNothing, "a_linear_signal_is_found");
    caught(Flaw::OverflowsToNan, "huge_and_tiny_values_are_learnt_or_refused");
    caught(Flaw::AcceptsNanTarget, "nan_in_y_is_refused");
    caught(Flaw::AcceptsNanInSinglePrecision, "nan_is_refused_in_single_precision");
    caught(Flaw::Panics, "fitting_twice_gives_the_same_bits");
    caught(Flaw::MissesTheConstant, "a_constant_target_is_predicted");
    caught(Flaw::LosesTheDistant, "a_linear_signal_is_found_far_from_zero");
    caught(Flaw::IgnoresGroups, "lengths_that_disagree_are_refused");
}

#[test]
fn exceptions_must_be_true() {
    let stale = suite(Flaw::None).except("one_column_is_learnt", "it is not");
    assert_eq!(stale.failures().len(), 1);
    let unknown = suite(Flaw::None).except("no_such_check", "it is not there");
    assert_eq!(unknown.failures().len(), 1);
    let honest = suite(Flaw::IgnoresNames)
        .except("other_names_are_refused", "the toy is told to")
        .except("a_saved_model_answers_the_same", "the toy is told to");
    assert_eq!(honest.failures(), []);
}
