//! The records and targets of a case: arrays of its own or a bundled data set.

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

fn name_of(case: &Case) -> Result<Option<&str>, String> {
    case.optional_input("dataset").map(|name| name.read()).transpose()
}
