//! Splitters that draw nothing at random give scikit-learn's folds, row by row.

use estimand::core::split::{
    GroupKFold, LeaveOneGroupOut, LeaveOneOut, Splitter, StratifiedGroupKFold, TimeSeriesSplit,
};
use estimand::core::{Label, Target};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

const SPLITTERS: [&str; 7] = [
    "KFold",
    "StratifiedKFold",
    "GroupKFold",
    "StratifiedGroupKFold",
    "LeaveOneOut",
    "LeaveOneGroupOut",
    "TimeSeriesSplit",
];

#[test]
fn folds() {
    hold(
        "model_selection",
        |subject| SPLITTERS.contains(&subject),
        |case| match case.optional_input("y").map(|y| (y.read::<Vec<i64>>(), y.read::<Vec<String>>())) {
            Some((Ok(y), _)) => labelled(case, y),
            Some((_, Ok(y))) => labelled(case, y),
            Some((Err(what), _)) => Err(what.into()),
            None => unlabelled(case),
        },
    );
}

fn labelled<L: Label>(case: &Case, y: Vec<L>) -> Outcome {
    let x = Array2::<f64>::zeros((y.len(), 1));
    let groups = groups(case)?;
    let mut samples: Samples<'_, f64, Array1<L>> = (&x, &y).into();
    samples.groups = groups.as_ref().map(|g| g.view());
    let n_splits = case.param("n_splits")?.read()?;
    match case.subject() {
        "StratifiedKFold" => compare(case, &StratifiedKFold::new(n_splits), samples),
        _ => compare(case, &StratifiedGroupKFold::new(n_splits), samples),
    }
}

fn unlabelled(case: &Case) -> Outcome {
    let groups = groups(case)?;
    let n = match &groups {
        Some(groups) => groups.len(),
        None => case.input("n")?.read()?,
    };
    let x = Array2::<f64>::zeros((n, 1));
    let mut samples: Samples<'_, f64, ()> = (&x).into();
    samples.groups = groups.as_ref().map(|g| g.view());
    let option = |name: &str| case.optional_param(name).map(|v| v.read::<usize>()).transpose();
    let n_splits = option("n_splits")?.unwrap_or_default();
    match case.subject() {
        "KFold" => compare(case, &KFold::new(n_splits), samples),
        "GroupKFold" => compare(case, &GroupKFold::new(n_splits), samples),
        "LeaveOneOut" => compare(case, &LeaveOneOut, samples),
        "LeaveOneGroupOut" => compare(case, &LeaveOneGroupOut, samples),
        _ => {
            let splitter = TimeSeriesSplit::new(n_splits).max_train_size(option("max_train_size")?);
            compare(case, &splitter.test_size(option("test_size")?).gap(option("gap")?.unwrap_or(0)), samples)
        }
    }
}

fn groups(case: &Case) -> Result<Option<Array1<usize>>, String> {
    case.optional_input("groups").map(|g| g.read::<Vec<usize>>().map(Array1::from)).transpose()
}

fn compare<Y: Target>(
    case: &Case,
    splitter: &impl Splitter<f64, Y>,
    samples: Samples<'_, f64, Y>,
) -> Outcome {
    let folds = splitter.split(&samples)?;
    case.same("train", folds.iter().map(|f| &f.train).collect::<Vec<_>>());
    case.same("test", folds.iter().map(|f| &f.test).collect::<Vec<_>>());
    Ok(())
}
