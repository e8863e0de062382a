//! Support vector machines and kernel ridge regression: decisions, and dual objectives, of the reference.

use crate::inputs::{classes_of, numbers_of, weights_of};
use estimand::core::{FitClasses, Scores};
use estimand::prelude::*;
use estimand::svm::{
    KernelRidge, LinearSvc, LinearSvcLoss, LinearSvcPenalty, LinearSvr, LinearSvrLoss, SvcModel,
};
use estimand_parity::{Case, Outcome, hold};

/// Rows whose decisions are kept.
const ROWS: usize = 12;

fn number(case: &Case, name: &str) -> Result<f64, String> {
    case.param(name)?.number()
}

fn kernel(case: &Case) -> Result<Kernel, String> {
    match case.param("kernel")?.read::<&str>()? {
        "linear" => Ok(Kernel::Linear),
        "rbf" => Ok(Kernel::Rbf),
        "poly" => Ok(Kernel::Polynomial),
        "sigmoid" => Ok(Kernel::Sigmoid),
        other => Err(format!("no kernel is called {other}")),
    }
}

fn gamma(case: &Case) -> Result<Gamma, String> {
    match case.param("gamma")?.number() {
        Ok(value) => Ok(Gamma::Value(value)),
        Err(_) => Ok(Gamma::Scale),
    }
}

fn degree(case: &Case) -> Result<u32, String> {
    Ok(number(case, "degree")? as u32)
}

/// Rows and columns of the decisions that a file holds.
fn values(case: &Case, found: &Array2<f64>) {
    case.close("values", found);
}

fn machine<E: FitClasses<Model<f64> = SvcModel<f64>>>(case: &Case, settings: &E) -> Outcome {
    let (x, y) = classes_of(case)?;
    let weights = weights_of(case)?;
    let samples =
        Samples::<f64, Array1<i64>> { weights: weights.as_ref().map(|w| w.view()), ..(&x, &y).into() };
    let model = settings.fit_samples(samples)?;
    if case.expects("objective") {
        case.close("objective", &[model.report().objective.ok_or("no objective")?]);
        return Ok(());
    }
    let first = x.slice(s![..x.nrows().min(ROWS), ..]);
    let of_pairs = case.param("decision_function_shape")?.read::<&str>()? == "ovo";
    values(case, &if of_pairs { model.pair_decisions(first)? } else { model.decision_function(first)? });
    Ok(())
}

#[test]
fn classification() {
    hold(
        "svm",
        |s| s == "SVC",
        |case| {
            let settings = Svc::new().c(number(case, "C")?).kernel(kernel(case)?).gamma(gamma(case)?);
            machine(case, &settings.degree(degree(case)?).coef0(number(case, "coef0")?).tol(1e-6))
        },
    );
    hold(
        "svm",
        |s| s == "NuSVC",
        |case| {
            let settings = NuSvc::new().nu(number(case, "nu")?).kernel(kernel(case)?).gamma(gamma(case)?);
            machine(case, &settings.tol(1e-6))
        },
    );
    hold(
        "svm",
        |s| s == "LinearSVC",
        |case| {
            let is = |name: &str, value: &str| case.param(name)?.read::<&str>().map(|own| own == value);
            let loss = match (is("multi_class", "crammer_singer")?, is("loss", "hinge")?) {
                (true, _) => LinearSvcLoss::CrammerSinger,
                (false, true) => LinearSvcLoss::Hinge,
                (false, false) => LinearSvcLoss::SquaredHinge,
            };
            let settings = LinearSvc::new().c(number(case, "C")?).loss(loss).tol(1e-8).max_iter(1_000_000);
            let penalty = if is("penalty", "l1")? { LinearSvcPenalty::L1 } else { LinearSvcPenalty::L2 };
            let settings = settings.penalty(penalty).intercept_scaling(number(case, "intercept_scaling")?);
            let ((x, y), weights) = (classes_of(case)?, weights_of(case)?);
            let samples = Samples::<f64, Array1<i64>> {
                weights: weights.as_ref().map(|w| w.view()),
                ..(&x, &y).into()
            };
            let model = settings.fit_samples(samples)?;
            values(case, &model.scores(x.slice(s![..ROWS, ..]).into())?);
            Ok(())
        },
    );
}

fn regression<E, M>(case: &Case, settings: &E) -> Outcome
where
    E: Fit<f64, Array1<f64>, Model = M>,
    M: Predict<f64, Output = Array1<f64>>,
{
    let (x, y) = numbers_of(case)?;
    let (y, weights) = (y.column(0), weights_of(case)?);
    let samples =
        Samples::<f64, Array1<f64>> { weights: weights.as_ref().map(|w| w.view()), ..(&x, y).into() };
    let found = settings.fit_samples(samples)?.predict(x.slice(s![..ROWS, ..]))?;
    values(case, &found.insert_axis(Axis(1)));
    Ok(())
}

#[test]
fn of_numbers() {
    hold(
        "svm",
        |s| s == "SVR",
        |case| {
            let settings = Svr::new().c(number(case, "C")?).epsilon(number(case, "epsilon")?);
            let settings = settings.kernel(kernel(case)?).gamma(gamma(case)?).degree(degree(case)?);
            regression(case, &settings.coef0(number(case, "coef0")?).tol(1e-6))
        },
    );
    hold(
        "svm",
        |s| s == "NuSVR",
        |case| {
            let settings = NuSvr::new().c(number(case, "C")?).nu(number(case, "nu")?);
            regression(case, &settings.kernel(kernel(case)?).gamma(gamma(case)?).tol(1e-6))
        },
    );
    hold(
        "svm",
        |s| s == "LinearSVR",
        |case| {
            let plain = case.param("loss")?.read::<&str>()? == "epsilon_insensitive";
            let loss = if plain {
                LinearSvrLoss::EpsilonInsensitive
            } else {
                LinearSvrLoss::SquaredEpsilonInsensitive
            };
            let settings = LinearSvr::new().c(number(case, "C")?).epsilon(number(case, "epsilon")?);
            regression(case, &settings.loss(loss).tol(1e-8).max_iter(1_000_000))
        },
    );
    hold(
        "svm",
        |s| s == "KernelRidge",
        |case| {
            let settings = KernelRidge::new().alpha(number(case, "alpha")?).kernel(kernel(case)?);
            let settings = settings.gamma(gamma(case)?).degree(degree(case)?);
            regression(case, &settings.coef0(number(case, "coef0")?))
        },
    );
}

#[test]
fn of_one_class() {
    hold(
        "svm",
        |s| s == "OneClassSVM",
        |case| {
            let x = case.input("x")?.matrix()?;
            let settings = OneClassSvm::new().nu(number(case, "nu")?).kernel(kernel(case)?);
            let model = settings.gamma(gamma(case)?).tol(1e-6).fit(&x)?;
            values(case, &model.decision_function(x.slice(s![..ROWS, ..]))?.insert_axis(Axis(1)));
            Ok(())
        },
    );
}
