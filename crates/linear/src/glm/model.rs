//! What a generalised linear model fits: a linear model of the link of the mean.

use crate::model::{LinearModel, finite};
use estimand_core::{Error, Float, Predict, PredictOne, Records, Result, Scratch};
use estimand_loss::Link;
use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A fitted generalised linear model: [`predict`](Predict::predict) gives means. Coefficients, intercept, report
/// and columns are those of the [`LinearModel`] of the link of the mean, which it dereferences to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct GlmModel<F> {
    linear: LinearModel<F>,
    link: Link,
}

impl<F> Deref for GlmModel<F> {
    type Target = LinearModel<F>;

    fn deref(&self) -> &LinearModel<F> {
        &self.linear
    }
}

impl<F: Float> GlmModel<F> {
    pub(super) fn new(linear: LinearModel<F>, link: Link) -> Self {
        Self { linear, link }
    }

    /// What Xw + b is of the mean.
    pub fn link(&self) -> Link {
        self.link
    }

    /// Xw + b, the link of the means.
    ///
    /// # Errors
    /// As [`predict`](Predict::predict).
    pub fn linear_predictor<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        self.linear.predict_records(x.into())
    }

    /// The means of rows whose offsets, known parts of Xw + b with coefficient 1, are not 0.
    ///
    /// # Errors
    /// As [`predict`](Predict::predict), and if the offsets are not one finite number per row.
    pub fn predict_with_offset<'a>(
        &self,
        x: impl Into<Records<'a, F>>,
        offset: impl Into<ArrayView1<'a, F>>,
    ) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let (x, offset) = (x.into(), offset.into());
        check_lengths("offset", x.nrows(), offset.len())?;
        if let Some((row, value)) = offset.iter().enumerate().find(|(_, o)| !o.is_finite()) {
            return Err(Error::NonFinite { what: "offset".into(), value: value.to_string(), row, column: 0 });
        }
        self.means(self.linear.predict_records(x)? + offset, x)
    }

    /// The means of rows that were exposed for so long, so many, or at so much: rates times exposure.
    ///
    /// # Errors
    /// As [`predict`](Predict::predict), and if the exposures are not one positive number per row. Without the log
    /// link the model knows no rates.
    pub fn predict_with_exposure<'a>(
        &self,
        x: impl Into<Records<'a, F>>,
        exposure: impl Into<ArrayView1<'a, F>>,
    ) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let (x, exposure) = (x.into(), exposure.into());
        check_lengths("exposure", x.nrows(), exposure.len())?;
        let offset = offset_of(exposure, self.link)?;
        self.means(self.linear.predict_records(x)? + &offset, x)
    }

    fn means(&self, mut z: Array1<F>, x: Records<'_, F>) -> Result<Array1<F>> {
        if let Some(z) = z.as_slice_mut() {
            self.link.mean(z);
        }
        finite(z, x)
    }
}

/// The logarithms of exposures.
pub(super) fn offset_of<F: Float>(exposure: ArrayView1<'_, F>, link: Link) -> Result<Array1<F>> {
    if link != Link::Log {
        return Err(Error::unsupported("a model with the identity link", "an exposure; use an offset"));
    }
    match exposure.iter().position(|e| !(e.is_finite() && *e > F::zero())) {
        Some(i) => {
            let allowed = format!("finite and above 0 (row {i})");
            Err(Error::parameter("exposure", exposure[i], allowed))
        }
        None => Ok(exposure.mapv(F::ln)),
    }
}

pub(super) fn check_lengths(what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::shape(format!("length of the {what}"), expected, found))
    }
}

impl<F: Float> Predict<F> for GlmModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.means(self.linear.predict_records(x)?, x)
    }
}

impl<F: Float> PredictOne<F> for GlmModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        let mut z = [self.linear.predict_one(row, scratch)?];
        self.link.mean(&mut z);
        match z {
            [mean] if mean.is_finite() => Ok(mean),
            _ => Err(Error::numerical(format!(
                "the mean leaves the range of {}; the input is far from the training data",
                F::NAME
            ))),
        }
    }
}

estimand_core::persist!(GlmModel<F>, |model| model.linear.check_loaded());
