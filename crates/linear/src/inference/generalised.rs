//! Generalised linear models and logistic regression for two classes: equation (2).

use super::covariance::Inverse;
use super::least_squares::too_few;
use super::{Coefficient, Estimates, intervals_at, notes_of, widen, with_f64};
use crate::glm::{
    GammaRegressor, Glm, GlmModel, InverseGaussianRegressor, Link, PoissonRegressor, TweedieRegressor,
};
use crate::logistic::LogisticRegression;
use crate::model::LinearModel;
use estimand_core::describe::Describe;
use estimand_core::stats::{Distribution, ln_gamma};
use estimand_core::{
    ClassWeight, Decide, Error, Features, Fit, Float, Label, Predict, Records, Report, Result, Samples,
};
use estimand_loss::{Loss, Tweedie};
use ndarray::{Array1, Array2, ArrayView1};
use std::f64::consts::TAU;

/// What maximum likelihood found, and how sure it is. Prints as a table.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GlmSummary {
    /// The distribution, in words.
    pub family: String,
    /// The link, in words.
    pub link: &'static str,
    /// Intercept, if any, and coefficients, in the order of the columns.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of those, in that order.
    pub covariance: Array2<f64>,
    /// Number of rows, or the sum of their weights.
    pub n: f64,
    /// Linearly independent columns beside the intercept.
    pub df_model: f64,
    /// n less all independent columns.
    pub df_residual: f64,
    /// Dispersion φ̂: 1 for counts and classes, else `pearson_chi2` over `df_residual`.
    pub scale: f64,
    /// Twice what the log-likelihood lacks to that of means equal to the targets, times φ.
    pub deviance: f64,
    /// The deviance of the best model without columns, with an intercept.
    pub null_deviance: f64,
    /// Σ ω (y − μ)² / V(μ)
    pub pearson_chi2: f64,
    /// Log-likelihood at the estimates and the dispersion; `None` for powers that give it no closed form.
    pub log_likelihood: Option<f64>,
    /// Akaike's criterion, −2 log-likelihood + 2 rank.
    pub aic: Option<f64>,
    /// Schwarz's criterion, −2 log-likelihood + ln n · rank.
    pub bic: Option<f64>,
    /// How the fit went.
    pub report: Report,
    /// What to be careful about: a fit that did not converge, collinear columns, an ill-conditioned problem.
    pub notes: Vec<String>,
}

impl GlmSummary {
    /// The line of this name.
    pub fn coefficient(&self, name: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|c| c.name == name)
    }

    /// Intervals that hold each coefficient with a probability of `level`, for many rows.
    ///
    /// # Errors
    /// Unless 0 < `level` < 1.
    pub fn intervals(&self, level: f64) -> Result<Vec<(f64, f64)>> {
        intervals_at(&self.coefficients, &self.covariance, Distribution::Normal, level)
    }

    /// Cox's and Snell's R², 1 − exp(−(null deviance − deviance) / φn).
    pub fn pseudo_r2(&self) -> f64 {
        1.0 - (-(self.null_deviance - self.deviance) / (self.scale * self.n)).exp()
    }
}

/// Largest derivative that may be left: estimates are then known far beyond their standard errors.
const TOL: f64 = 1e-8;

/// A distribution of y given its mean.
#[derive(Clone, Copy)]
enum Family {
    Tweedie(Tweedie),
    Binomial,
}

impl Family {
    fn name(self) -> String {
        match self {
            Self::Binomial => "binomial".into(),
            Self::Tweedie(Tweedie { power, .. }) => match power {
                0.0 => "normal".into(),
                1.0 => "Poisson".into(),
                2.0 => "gamma".into(),
                3.0 => "inverse Gaussian".into(),
                p => format!("Tweedie, power {p}"),
            },
        }
    }

    fn link(self) -> &'static str {
        match self {
            Self::Binomial => "logit",
            Self::Tweedie(Tweedie { link: Link::Log, .. }) => "log",
            Self::Tweedie(_) => "identity",
        }
    }

    /// Whether the variance follows from the mean alone.
    fn has_known_scale(self) -> bool {
        matches!(self, Self::Binomial | Self::Tweedie(Tweedie { power: 1.0, .. }))
    }

    /// (y − μ)/√V(μ), where V(μ) itself may leave the range of numbers.
    fn residual(self, y: f64, mean: f64) -> f64 {
        let deviation = match self {
            Self::Binomial => (mean * (1.0 - mean)).sqrt(),
            Self::Tweedie(t) => mean.powf(0.5 * t.power),
        };
        (y - mean) / deviation
    }

    /// H of a row: (dμ/dz)² / V(μ)
    fn information(self, mean: f64) -> f64 {
        match self {
            Self::Binomial => mean * (1.0 - mean),
            Self::Tweedie(Tweedie { power, link: Link::Log }) => mean.powf(2.0 - power),
            Self::Tweedie(Tweedie { power, .. }) => mean.powf(-power),
        }
    }

    fn deviance(self, y: f64, mean: f64) -> f64 {
        match self {
            Self::Binomial => -2.0 * if y == 1.0 { mean.ln() } else { (-mean).ln_1p() },
            Self::Tweedie(t) => t.deviance(y, mean),
        }
    }

    /// Log-likelihood of y, whose variance is `scale` V(μ).
    fn log_likelihood(self, y: f64, mean: f64, scale: f64) -> Option<f64> {
        let deviance = self.deviance(y, mean);
        match self {
            Self::Binomial => Some(-0.5 * deviance),
            Self::Tweedie(Tweedie { power, .. }) => match power {
                0.0 => Some(-0.5 * (deviance / scale + (TAU * scale).ln())),
                1.0 => Some(if y == 0.0 { 0.0 } else { y * mean.ln() } - mean - ln_gamma(y + 1.0)),
                2.0 => {
                    let shape = scale.recip();
                    Some(shape * (shape * y / mean).ln() - shape * y / mean - ln_gamma(shape) - y.ln())
                }
                3.0 => Some(-0.5 * (deviance / scale + (TAU * scale * y.powi(3)).ln())),
                _ => None,
            },
        }
    }
}

/// A fit and the data it was made of.
struct Fitted<'a> {
    family: Family,
    x: Records<'a, f64>,
    y: &'a Array1<f64>,
    weights: Option<&'a Array1<f64>>,
    mean: Array1<f64>,
    /// Means of the best model without columns.
    null: Array1<f64>,
    coef: &'a Array1<f64>,
    intercept: Option<f64>,
    features: &'a Features,
    report: &'a Report,
}

impl Fitted<'_> {
    fn summary(&self) -> Result<GlmSummary> {
        let Self { family, x, y, weights, mean, .. } = self;
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        // Of a row without weight the target may be anything.
        let sum = |f: &dyn Fn(usize) -> f64| {
            (0..y.len()).filter(|i| weight(*i) > 0.0).map(|i| weight(i) * f(i)).sum::<f64>()
        };
        let information = Array1::from_shape_fn(y.len(), |i| weight(i) * family.information(mean[i]));
        let inverse = Inverse::new(*x, Some(information.view()), self.intercept.is_some())?;
        let (n, rank) = (sum(&|_| 1.0), inverse.rank as f64);
        let (df_model, df_residual) = (rank - f64::from(u8::from(self.intercept.is_some())), n - rank);
        if df_residual <= 0.0 {
            return Err(too_few(n, rank));
        }
        let deviance = sum(&|i| family.deviance(y[i], mean[i]));
        let pearson_chi2 = sum(&|i| family.residual(y[i], mean[i]).powi(2));
        let scale = if family.has_known_scale() { 1.0 } else { pearson_chi2 / df_residual };
        // Least squares: at the maximum over the variance, as for `RegressionSummary`.
        let identity = matches!(family, Family::Tweedie(Tweedie { power: 0.0, link: Link::Identity }));
        let likely_scale = if identity { pearson_chi2 / n } else { scale };
        let log_likelihood = family
            .log_likelihood(1.0, 1.0, 1.0)
            .map(|_| sum(&|i| family.log_likelihood(y[i], mean[i], likely_scale).unwrap_or(f64::NAN)));
        let of = (self.coef, self.intercept);
        let estimates = Estimates::new(self.features, of, &inverse, scale, Distribution::Normal);
        let mut notes = self.report.notes.iter().filter(|note| !note.contains("constant")).cloned().collect();
        if !self.report.converged {
            notes = vec!["the fit did NOT converge; the errors below are not those of an optimum".into()];
        }
        notes.extend(notes_of(&inverse, self.features, self.intercept.is_some()));
        Ok(GlmSummary {
            family: family.name(),
            link: family.link(),
            coefficients: estimates.coefficients(),
            covariance: estimates.covariance,
            n,
            df_model,
            df_residual,
            scale,
            deviance,
            null_deviance: sum(&|i| family.deviance(y[i], self.null[i])),
            pearson_chi2,
            log_likelihood,
            aic: log_likelihood.map(|l| -2.0 * l + 2.0 * rank),
            bic: log_likelihood.map(|l| -2.0 * l + n.ln() * rank),
            report: self.report.clone(),
            notes,
        })
    }
}

/// The summary of a generalised linear model.
fn summarize<F: Float>(
    glm: &Glm,
    samples: Samples<'_, F, Array1<F>>,
    offset: Option<ArrayView1<'_, F>>,
) -> Result<GlmSummary> {
    samples.check()?;
    refuse_penalty(glm.name, "alpha(0.0)", glm.alpha == 0.0)?;
    let glm = Glm { tol: glm.tol.min(TOL), ..*glm };
    let (y, weights, offset) = (widen(samples.y), samples.weights.map(widen), offset.map(widen));
    with_f64(samples.x, |x| {
        let samples = Samples::<f64, Array1<f64>> {
            weights: weights.as_ref().map(|w| w.view()),
            ..Samples::new(x, y.view())
        };
        let offset = offset.as_ref().map(|o| o.view());
        let means = |model: &GlmModel<f64>, x: Records<'_, f64>| match offset {
            Some(offset) => model.predict_with_offset(x, offset),
            None => model.predict_records(x),
        };
        let model = glm.fit(samples, offset, None)?;
        // A column of zeros says nothing.
        let nothing = Array2::zeros((x.nrows(), 1));
        let blank = Glm { fit_intercept: true, ..glm };
        let null = blank.fit(samples.with_x((&nothing).into()), offset, None)?;
        let linear: &LinearModel<f64> = &model;
        let fitted = Fitted {
            family: Family::Tweedie(glm.loss),
            x,
            y: &y,
            weights: weights.as_ref(),
            mean: means(&model, x)?,
            null: means(&null, (&nothing).into())?,
            coef: linear.coef(),
            intercept: glm.fit_intercept.then(|| linear.intercept()),
            features: linear.features(),
            report: linear.report(),
        };
        fitted.summary()
    })
}

fn refuse_penalty(name: &str, remedy: &str, unpenalised: bool) -> Result<()> {
    if unpenalised {
        return Ok(());
    }
    let what = format!("standard errors under a penalty, which draws the coefficients to 0; set {remedy}");
    Err(Error::unsupported(name, what))
}

macro_rules! summarized {
    ($($name:ident),*) => {$(
        impl $name {
            /// Fits by maximum likelihood, with a `tol` of at most 1e-8, and says how sure the coefficients are: see
            /// [the module](crate::inference).
            ///
            /// # Errors
            /// As `fit`; if there is a penalty, which is so unless `alpha(0.0)` is set; and if the rows do not outnumber the
            /// independent columns.
            pub fn summarize<'a, F: Float>(
                &self,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
            ) -> Result<GlmSummary> {
                summarize(&self.glm()?, samples.into(), None)
            }

            /// As `summarize`, of the model that `fit_with_offset` fits.
            ///
            /// # Errors
            /// As `summarize` and `fit_with_offset`.
            pub fn summarize_with_offset<'a, 'o, F: Float>(
                &self,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
                offset: impl Into<ArrayView1<'o, F>>,
            ) -> Result<GlmSummary> {
                summarize(&self.glm()?, samples.into(), Some(offset.into()))
            }

            /// As `summarize`, of the model that `fit_with_exposure` fits.
            ///
            /// # Errors
            /// As `summarize` and `fit_with_exposure`.
            pub fn summarize_with_exposure<'a, 'o, F: Float>(
                &self,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
                exposure: impl Into<ArrayView1<'o, F>>,
            ) -> Result<GlmSummary> {
                let glm = self.glm()?;
                let offset = glm.offset_of(exposure.into())?;
                summarize(&glm, samples.into(), Some(offset.view()))
            }
        }
    )*};
}
summarized!(PoissonRegressor, GammaRegressor, InverseGaussianRegressor, TweedieRegressor);

impl LogisticRegression {
    /// Fits two classes by maximum likelihood, with a `tol` of at most 1e-8, and says how sure the coefficients are: see
    /// [the module](crate::inference). They are of the logarithm of the odds of the second class.
    ///
    /// ```
    /// use estimand_linear::LogisticRegression;
    /// use ndarray::array;
    ///
    /// let x = array![[1.0_f64], [2.0], [3.0], [4.0], [5.0], [6.0]];
    /// let ill = [false, false, true, false, true, true];
    /// let summary = LogisticRegression::new().c(f64::INFINITY).summarize((&x, &ill))?;
    /// assert!(summary.coefficients[1].p_value > 0.05); // six rows say little
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As `fit`; if there is a penalty, which is so unless `c(f64::INFINITY)` is set; for class weights, and for more than two
    /// classes; and if the rows do not outnumber the independent columns.
    pub fn summarize<'a, F: Float, L: Label>(
        &self,
        samples: impl Into<Samples<'a, F, Array1<L>>>,
    ) -> Result<GlmSummary> {
        let samples = samples.into();
        self.check()?;
        samples.check()?;
        refuse_penalty("LogisticRegression", "c(f64::INFINITY)", self.c.is_infinite())?;
        if self.class_weight != ClassWeight::Uniform {
            return Err(Error::unsupported("LogisticRegression", "standard errors with class weights"));
        }
        let settings = self.clone().tol(self.tol.min(TOL));
        let weights = samples.weights.map(widen);
        with_f64(samples.x, |x| {
            let weights = weights.as_ref();
            let samples = Samples::<f64, Array1<L>> {
                weights: weights.map(|w| w.view()),
                ..Samples::new(x, samples.y)
            };
            let model = settings.fit_samples(samples)?;
            let [_, second] = model.classes() else {
                let what = format!("standard errors for {} classes; two at a time", model.classes().len());
                return Err(Error::unsupported("LogisticRegression", what));
            };
            let y: Array1<f64> = samples.y.iter().map(|label| f64::from(u8::from(label == second))).collect();
            let mut mean: Array1<f64> = model.decision_function(x)?.column(0).to_owned();
            if let Some(z) = mean.as_slice_mut() {
                Loss::Binomial.mean(z);
            }
            let share = match weights {
                Some(w) => w.dot(&y) / w.sum(),
                None => y.sum() / y.len() as f64,
            };
            let model = model.model();
            let fitted = Fitted {
                family: Family::Binomial,
                x,
                y: &y,
                weights,
                mean,
                null: Array1::from_elem(y.len(), share),
                coef: &model.coef().row(0).to_owned(),
                intercept: settings.fit_intercept.then(|| model.intercept()[0]),
                features: model.features(),
                report: model.report(),
            };
            fitted.summary()
        })
    }
}
