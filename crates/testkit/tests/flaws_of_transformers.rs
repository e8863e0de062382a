//! The suite can fail: a transformer that passes, and one flaw at a time, each caught by its check.

use estimand_core::records::AsGiven;
use estimand_core::{
    Error, Features, Fit, Float, InverseTransform, Matrix, MatrixView, PartialFit, Records, Result, Samples,
    Scratch, Target, Transform, TransformOne,
};
use estimand_testkit::{Suite, transformer};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Flaw {
    None,
    LooksAtTheTarget,
    ForgetsNames,
    UndoesHalf,
    ForgetsBatches,
    KeepsRefusedBatches,
    OneRowDiffers,
    ForgetsWhenSaved,
    IgnoresStoredZeros,
    IgnoresWeightsOfSparse,
    SpoiltByMissing,
    AcceptsInfinity,
    DependsOnTheMachine,
}

estimand_core::params! {
    /// Divides each column by the square root of its mean square.
    struct Toy {
        /// The flaw.
        flaw: Flaw = Flaw::None;
    }
    accepts: sparse, weights, missing;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Scale<F> {
    weight: Vec<f64>,
    squares: Vec<f64>,
    flaw: Flaw,
    features: Features,
    #[serde(skip)]
    lost: Option<f64>,
    scalar: std::marker::PhantomData<F>,
}
estimand_core::persist!(Scale<F>);

impl<F: Float, Y: Target> Fit<F, Y> for Toy {
    type Model = Scale<F>;

    fn fit_samples(&self, s: Samples<'_, F, Y>) -> Result<Scale<F>> {
        s.check()?;
        let p = s.x.ncols();
        let features = Features::of(s.x);
        let lost = (self.flaw == Flaw::ForgetsWhenSaved).then_some(3.0);
        let (weight, squares) = (vec![0.0; p], vec![0.0; p]);
        let mut model =
            Scale { weight, squares, flaw: self.flaw, features, lost, scalar: std::marker::PhantomData };
        model.learn(s)?;
        if self.flaw == Flaw::LooksAtTheTarget && Y::rows(s.y).is_some() {
            model.squares[0] *= 1.0 + 1e-12;
        }
        Ok(model)
    }
}

impl<F: Float, Y: Target> PartialFit<F, Y> for Scale<F> {
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, Y>) -> Result<()> {
        batch.check()?;
        self.features.check(batch.x)?;
        if self.flaw == Flaw::ForgetsBatches {
            self.weight.fill(0.0);
            self.squares.fill(0.0);
        }
        self.learn(batch)
    }
}

impl<F: Float> Scale<F> {
    fn learn<Y: Target>(&mut self, s: Samples<'_, F, Y>) -> Result<()> {
        if self.flaw == Flaw::KeepsRefusedBatches {
            self.weight[0] += 1.0;
        }
        if self.flaw != Flaw::AcceptsInfinity {
            s.x.check_finite_or_missing()?;
        }
        let weight = |i: usize| s.weights.map_or(1.0, |w| w[i].f64());
        let (mut weights, mut squares) = (self.weight.clone(), self.squares.clone());
        let mut see = |j: usize, v: f64, w: f64| {
            if !v.is_nan() || self.flaw == Flaw::SpoiltByMissing {
                weights[j] += w;
                squares[j] += w * v * v;
            }
        };
        match s.x.values() {
            MatrixView::Dense(x) => x.indexed_iter().for_each(|((i, j), v)| see(j, v.f64(), weight(i))),
            MatrixView::Sparse(x) if self.flaw == Flaw::IgnoresStoredZeros => {
                x.outer_iter()
                    .enumerate()
                    .for_each(|(i, r)| r.iter().for_each(|(j, v)| see(j, v.f64(), weight(i))));
            }
            MatrixView::Sparse(x) if self.flaw == Flaw::IgnoresWeightsOfSparse => {
                x.to_dense().indexed_iter().for_each(|((_, j), v)| see(j, v.f64(), 1.0));
            }
            MatrixView::Sparse(x) => {
                x.to_dense().indexed_iter().for_each(|((i, j), v)| see(j, v.f64(), weight(i)));
            }
        }
        if self.flaw == Flaw::DependsOnTheMachine {
            squares[0] *= 1.0 + estimand_par::threads() as f64 * 1e-12;
        }
        if squares.iter().any(|v| v.is_infinite()) {
            return Err(Error::numerical("values are too large to square"));
        }
        (self.weight, self.squares) = (weights, squares);
        Ok(())
    }

    fn scale(&self, j: usize) -> f64 {
        let scale = (self.squares[j] / self.weight[j]).sqrt() + self.lost.unwrap_or(0.0);
        if scale > 0.0 || (scale.is_nan() && self.flaw == Flaw::SpoiltByMissing) { scale } else { 1.0 }
    }

    fn map(&self, x: Records<'_, F>, f: impl Fn(f64, f64) -> f64) -> Result<Matrix<F>> {
        x.check_shape()?;
        self.features.check(x)?;
        if self.flaw != Flaw::AcceptsInfinity {
            x.check_finite_or_missing()?;
        }
        let value = |j: usize, v: F| F::of(f(v.f64(), self.scale(j)));
        let z: Matrix<F> = match x.values() {
            MatrixView::Dense(x) => {
                let mut z = x.to_owned();
                z.indexed_iter_mut().for_each(|((_, j), v)| *v = value(j, *v));
                z.into()
            }
            MatrixView::Sparse(x) => x.to_owned().map_values(value).into(),
        };
        z.records().check_finite_or_missing().map_err(|_| Error::numerical("overflow")).map(|()| z)
    }
}

impl<F: Float> Transform<F> for Scale<F> {
    type Stored = AsGiven;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.map(x, |v, s| v / s)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        match self.flaw {
            Flaw::ForgetsNames => None,
            _ => self.features.names().map(<[String]>::to_vec),
        }
    }
}
impl<F: Float> InverseTransform<F> for Scale<F> {
    fn inverse_transform_records(&self, z: Records<'_, F>) -> Result<Matrix<F>> {
        self.map(z, |v, s| if self.flaw == Flaw::UndoesHalf { v * s.sqrt() } else { v * s })
    }
}
impl<F: Float> TransformOne<F> for Scale<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        let row = ndarray::ArrayView2::from_shape((1, row.len()), row);
        let x = row.map_err(|e| Error::numerical(e.to_string()))?;
        out.clear();
        out.extend(self.map(x.into(), |v, s| v / s)?.into_dense());
        if self.flaw == Flaw::OneRowDiffers {
            out[0] += F::of(1e-3);
        }
        Ok(())
    }
}

fn suite(flaw: Flaw) -> Suite<Toy> {
    transformer(Toy::new().flaw(flaw)).inverse().batches().one_row().saved().only_ratios_of_weights_matter()
}

#[test]
fn a_sound_transformer_passes() {
    suite(Flaw::None).run();
}

#[test]
fn every_flaw_is_caught() {
    for (flaw, check) in [
        (Flaw::LooksAtTheTarget, "the_target_changes_nothing"),
        (Flaw::ForgetsNames, "names_follow_the_columns"),
        (Flaw::UndoesHalf, "the_transformation_can_be_undone"),
        (Flaw::ForgetsBatches, "batches_are_as_all_at_once"),
        (Flaw::KeepsRefusedBatches, "batches_are_as_all_at_once"),
        (Flaw::OneRowDiffers, "one_row_answers_as_in_a_batch"),
        (Flaw::ForgetsWhenSaved, "a_saved_model_answers_the_same"),
        (Flaw::IgnoresStoredZeros, "sparse_records_agree_or_are_refused"),
        (Flaw::IgnoresStoredZeros, "stored_zeros_and_empty_rows_are_zeros"),
        (Flaw::IgnoresWeightsOfSparse, "weights_of_sparse_records_agree"),
        (Flaw::SpoiltByMissing, "missing_values_are_learnt_around"),
        (Flaw::AcceptsInfinity, "infinity_is_refused_when_fitting"),
        (Flaw::DependsOnTheMachine, "threads_do_not_change_a_bit"),
    ] {
        let failures = suite(flaw).failures();
        let caught = failures.iter().any(|(name, _)| *name == check);
        assert!(caught, "{flaw:?} should fail {check}, but fails {failures:?}");
    }
}
