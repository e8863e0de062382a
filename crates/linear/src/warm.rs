//! Classifiers whose fit may start from the coefficients of a model.

use estimand_core::{
    Capabilities, ClassCodes, ClassWeight, Describe, FitClasses, Float, Parameter, Result, Samples,
};
use ndarray::{Array1, Array2};

/// Coefficients and intercepts to start from.
pub(crate) type Start = (Array2<f64>, Array1<f64>);

/// Settings of such a classifier.
pub(crate) trait WarmStart: FitClasses {
    /// Fits from given coefficients and intercepts, or from where the estimator would begin.
    fn fit_codes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
        start: Option<&Start>,
    ) -> Result<Self::Model<F>>;
}

/// Settings, and where to start.
pub(crate) struct Started<'s, S> {
    pub(crate) settings: &'s S,
    pub(crate) start: Start,
}

impl<S: Describe> Describe for Started<'_, S> {
    fn name(&self) -> String {
        self.settings.name()
    }
    fn parameters(&self) -> Vec<Parameter> {
        self.settings.parameters()
    }
    fn check(&self) -> Result<()> {
        self.settings.check()
    }
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities()
    }
}

impl<S: WarmStart> FitClasses for Started<'_, S> {
    type Model<F: Float> = S::Model<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<S::Model<F>> {
        self.settings.fit_codes(samples, Some(&self.start))
    }

    fn class_weight(&self) -> &ClassWeight {
        self.settings.class_weight()
    }
}
