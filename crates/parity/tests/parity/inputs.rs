//! The records and targets of a case: arrays of its own or a bundled data set.

use estimand::core::Target;
use estimand::prelude::*;
use estimand_parity::Case;

/// Records and numeric targets, one column per output.
pub(crate) fn numbers_of(case: &Case) -> Result<(Array2<f64>, Array2<f64>), String> {
    match name_of(case)? {
        None => {
            let y = case.input("y")?;
            let targets = if y.is_matrix() { y.matrix()? } else { y.vector()?.insert_axis(Axis(1)) };
            Ok((case.input("x")?.matrix()?, targets))
        }
        Some("diabetes") => {
            let data = datasets::diabetes();
            Ok((data.x, data.y.insert_axis(Axis(1))))
        }
        Some("linnerud") => {
            let data = datasets::linnerud();
            Ok((data.x, data.y))
        }
        Some(other) => Err(format!("no regression set is called {other}")),
    }
}

/// Records and labels.
pub(crate) fn classes_of(case: &Case) -> Result<(Array2<f64>, Array1<i64>), String> {
    let data = match name_of(case)? {
        None => return Ok((case.input("x")?.matrix()?, Array1::from(case.input("y")?.read::<Vec<i64>>()?))),
        Some("iris") => datasets::iris(),
        Some("wine") => datasets::wine(),
        Some("breast_cancer") => datasets::breast_cancer(),
        Some(other) => return Err(format!("no classification set is called {other}")),
    };
    Ok((data.x, data.y.mapv(|c| c as i64)))
}

/// Sample weights, if there are any.
pub(crate) fn weights_of(case: &Case) -> Result<Option<Array1<f64>>, String> {
    case.optional_input("weights").map(|w| w.vector()).transpose()
}

/// Samples with the weights of a case, if there are any.
pub(crate) fn weighted<'a, Y: Target>(
    samples: impl Into<Samples<'a, f64, Y>>,
    weights: &'a Option<Array1<f64>>,
) -> Samples<'a, f64, Y> {
    Samples { weights: weights.as_ref().map(|w| w.view()), ..samples.into() }
}

/// What a regressor of one target learns from.
pub(crate) struct One {
    pub(crate) x: Array2<f64>,
    pub(crate) y: Array1<f64>,
    weights: Option<Array1<f64>>,
}

impl One {
    pub(crate) fn of(case: &Case) -> Result<Self, String> {
        let (x, y) = numbers_of(case)?;
        Ok(Self { x, y: y.column(0).to_owned(), weights: weights_of(case)? })
    }

    pub(crate) fn samples(&self) -> Samples<'_, f64, Array1<f64>> {
        weighted((&self.x, &self.y), &self.weights)
    }
}

/// A setting that is on or off, and `default` where the case does not say.
pub(crate) fn flag(case: &Case, name: &str, default: bool) -> Result<bool, String> {
    case.optional_param(name).map_or(Ok(default), |v| v.read())
}

/// Whether to fit an intercept: unless the case says no.
pub(crate) fn intercept(case: &Case) -> Result<bool, String> {
    flag(case, "fit_intercept", true)
}

fn name_of(case: &Case) -> Result<Option<&str>, String> {
    case.optional_input("dataset").map(|name| name.read()).transpose()
}
