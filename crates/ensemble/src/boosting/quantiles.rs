//! Several quantiles at once.

use super::History;
use super::fit::{Extras, HoldOut, Target, fit};
use super::objective::Objective;
use super::settings::boosting_params;
use super::trees::{Trees, check_records, check_row};
use estimand_core::persist::check_len;
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
};
use estimand_grow::Tree;
use estimand_loss::Robust;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

boosting_params! {
    /// Gradient boosting on histograms, for several quantiles of a number at once: an interval for each row, or a whole
    /// distribution. Bins are made once, and the trees of a round are grown side by side.
    ///
    /// Quantiles fitted one by one may cross where rows are few; each row's are put in ascending order \[Chernozhukov10\].
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::HistGradientBoostingQuantiles;
    /// use ndarray::{Array1, Array2};
    ///
    /// // The spread grows with x.
    /// let x = Array2::from_shape_fn((1000, 1), |(i, _)| (i % 100) as f64);
    /// let y: Array1<f64> = (0..1000).map(|i| (i % 100) as f64 * ((i / 100) as f64 - 4.5) / 4.5).collect();
    /// let model = HistGradientBoostingQuantiles::new().quantiles(vec![0.1, 0.9]).fit((&x, &y))?;
    /// let interval = model.predict(&ndarray::array![[10.0], [90.0]])?;
    /// assert!(interval[[1, 1]] - interval[[1, 0]] > 4.0 * (interval[[0, 1]] - interval[[0, 0]]));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct HistGradientBoostingQuantiles {
        /// Which quantiles, ascending, inside (0, 1).
        quantiles: Vec<f64> = vec![0.05, 0.5, 0.95];
    }
}

/// A fitted [`HistGradientBoostingQuantiles`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct QuantileBooster<F> {
    features: Features,
    trees: Trees,
    quantiles: Vec<f64>,
    history: History,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> QuantileBooster<F> {
    /// Which quantiles are predicted: the columns of predictions.
    pub fn quantiles(&self) -> &[f64] {
        &self.quantiles
    }

    /// The trees, round after round, one for each quantile.
    pub fn trees(&self) -> &[Tree] {
        &self.trees.trees
    }

    /// Mean losses by round, the quantiles' added up.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

impl<F: Float> Fit<F, Array1<F>> for HistGradientBoostingQuantiles {
    type Model = QuantileBooster<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<Self::Model> {
        self.check()?;
        let q = &self.quantiles;
        if q.is_empty() || !q.iter().all(|q| *q > 0.0 && *q < 1.0) || !q.windows(2).all(|q| q[0] < q[1]) {
            let allowed = "ascending numbers inside (0, 1)";
            return Err(Error::parameter("quantiles", format!("{q:?}"), allowed));
        }
        samples.check()?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let objective = Objective::Robust(q.iter().map(|q| Robust::Quantile(*q)).collect());
        let y = Target::Numbers(samples.y.iter().map(|y| y.f64()).collect());
        let rest = samples.without_y();
        let fitted = fit(&self.common(), &objective, rest, y, HoldOut::Rows, &mut Extras::default())?;
        Ok(QuantileBooster {
            features: Features::of(samples.x),
            trees: fitted.trees,
            quantiles: q.clone(),
            history: fitted.history,
            report: fitted.report,
            scalar: PhantomData,
        })
    }
}

impl<F: Float> Predict<F> for QuantileBooster<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        check_records(&self.features, x)?;
        let mut raw = self.trees.raw(x, usize::MAX);
        for mut row in raw.rows_mut() {
            if let Some(row) = row.as_slice_mut() {
                row.sort_unstable_by(f64::total_cmp);
            }
        }
        Ok(raw.mapv(F::of))
    }
}

impl<F: Float> PredictOne<F> for QuantileBooster<F> {
    /// One value for each quantile: the only memory that is allocated.
    type One<'m> = Array1<F>;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<Array1<F>> {
        check_row(&self.features, row)?;
        let mut raw = scratch.take_wide();
        self.trees.raw_row(row, &mut raw);
        raw.sort_unstable_by(f64::total_cmp);
        let out = raw.iter().map(|raw| F::of(*raw)).collect();
        scratch.give_wide(raw);
        Ok(out)
    }
}

estimand_core::persist!(QuantileBooster<F>, |model| {
    model.features.check_loaded()?;
    check_len("constants", model.quantiles.len(), model.trees.outputs())?;
    model.trees.check_loaded(model.features.count())
});

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::Persist;
    use ndarray::array;

    #[test]
    fn each_quantile_is_that_of_its_own_fit() {
        let x = Array2::from_shape_fn((500, 2), |(i, j)| ((i + 1) * (j + 7) * 31 % 97) as f64);
        let y: Array1<f64> = (0..500).map(|i| x[[i, 0]] + ((i * 7919) % 500) as f64 / 50.0).collect();
        let both = HistGradientBoostingQuantiles::new().quantiles(vec![0.2, 0.7]).max_iter(20);
        let model = both.fit((&x, &y)).unwrap();
        let predicted = model.predict(&x).unwrap();
        for (k, q) in [0.2, 0.7].into_iter().enumerate() {
            let one = crate::HistGradientBoostingRegressor::new()
                .loss(crate::RegressionLoss::Quantile(q))
                .max_iter(20)
                .fit((&x, &y))
                .unwrap();
            assert!(
                predicted.column(k).iter().zip(one.predict(&x).unwrap()).filter(|(a, b)| **a == *b).count()
                    > 450
            );
        }
        assert!(predicted.rows().into_iter().all(|row| row[0] <= row[1]));
        let row = [3.0, 50.0];
        let one = model.predict_one(&row, &mut Scratch::default()).unwrap();
        assert_eq!(one, model.predict(&array![row]).unwrap().row(0));
        let again = QuantileBooster::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(again, model);
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let x = Array2::from_shape_fn((90, 2), |(i, j)| ((i + 1) * (j + 7) * 31 % 97) as f64);
        let y: Array1<f64> = x.column(0).mapv(f64::sqrt) + x.column(1).mapv(|v| v / 50.0);
        let w = Array1::from_shape_fn(90, |i| (i % 3) as f64);
        let rows: Vec<usize> = (0..90).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
        let (twice_x, twice_y) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
        let settings = HistGradientBoostingQuantiles::new().min_samples_leaf(4.0).max_iter(10);
        let (a, b) = (settings.fit((&x, &y, &w)).unwrap(), settings.fit((&twice_x, &twice_y)).unwrap());
        assert_eq!(a.predict(&x).unwrap(), b.predict(&x).unwrap());
        let bad = array![1.0, f64::NAN];
        assert!(settings.fit((&x.slice(ndarray::s![..2, ..]), &bad)).is_err());
        assert!(a.predict(x.slice(ndarray::s![.., ..1])).is_err());
    }

    #[test]
    fn quantiles_that_are_none_are_refused() {
        let (x, y) = (array![[0.0], [1.0]], array![0.0, 1.0]);
        for bad in [vec![], vec![0.0], vec![0.5, 0.5], vec![f64::NAN]] {
            assert!(HistGradientBoostingQuantiles::new().quantiles(bad).fit((&x, &y)).is_err());
        }
    }
}
