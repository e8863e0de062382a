//! Naive Bayes and discriminant analysis: what is counted, the scores and the probabilities of the reference.

use crate::inputs::{classes_of, weighted, weights_of};
use estimand::bayes::{CountNbModel, categorical::MinCategories};
use estimand::core::{FitClasses, Priors, Probabilities};
use estimand::linear::{DiscriminantSolver, Shrinkage};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

/// Rows whose scores and probabilities are kept.
const ROWS: usize = 12;

struct Fitted<M> {
    model: Classifier<M, i64>,
    /// The first rows.
    x: Array2<f64>,
}

fn fit<E: FitClasses>(case: &Case, settings: &E) -> Result<Fitted<E::Model<f64>>, Box<dyn std::error::Error>>
where
    E::Model<f64>: Probabilities<f64>,
{
    let (x, y) = classes_of(case)?;
    let weights = weights_of(case)?;
    let model = settings.fit_samples(weighted::<Array1<i64>>((&x, &y), &weights))?;
    let x = x.slice(s![..x.nrows().min(ROWS), ..]).to_owned();
    case.close("proba", &model.predict_proba(&x)?);
    Ok(Fitted { model, x })
}

fn number(case: &Case, name: &str) -> Result<f64, String> {
    case.param(name)?.number()
}

fn priors(case: &Case, name: &str) -> Result<Priors, String> {
    let uniform = matches!(case.optional_param("fit_prior").map(|v| v.read::<bool>()), Some(Ok(false)));
    Ok(match case.optional_param(name) {
        Some(priors) => priors.numbers()?.into(),
        None if uniform => Priors::Uniform,
        None => Priors::Empirical,
    })
}

#[test]
fn gaussian() {
    hold(
        "bayes",
        |s| s == "GaussianNB",
        |case| {
            let settings = GaussianNb::new()
                .var_smoothing(number(case, "var_smoothing")?)
                .priors(priors(case, "priors")?);
            let Fitted { model, x } = fit(case, &settings)?;
            case.close("theta", model.theta());
            case.close("var", &model.var());
            case.close("class_prior", model.class_prior());
            case.close("class_count", model.class_count());
            case.close("joint", &model.joint_log_likelihood(&x)?);
            Ok(())
        },
    );
}

fn counts(case: &Case, settings: &impl FitClasses<Model<f64> = CountNbModel<f64>>) -> Outcome {
    let Fitted { model, x } = fit(case, settings)?;
    if case.expects("feature_count") {
        case.close("feature_count", model.feature_count());
        case.close("class_count", model.class_count());
        case.close("feature_log_prob", model.feature_log_prob());
    }
    if case.expects("class_log_prior") {
        case.close("class_log_prior", &model.class_prior().mapv(f64::ln));
    }
    if case.expects("joint") {
        case.close("joint", &model.decision_function(&x)?);
    }
    Ok(())
}

#[test]
fn of_counts() {
    hold(
        "bayes",
        |s| s == "MultinomialNB",
        |case| {
            let settings =
                MultinomialNb::new().alpha(number(case, "alpha")?).priors(priors(case, "class_prior")?);
            counts(case, &settings.force_alpha(case.param("force_alpha")?.read()?))
        },
    );
    hold(
        "bayes",
        |s| s == "BernoulliNB",
        |case| {
            let binarize = case.optional_param("binarize").map(|v| v.number()).transpose()?;
            let settings =
                BernoulliNb::new().alpha(number(case, "alpha")?).priors(priors(case, "class_prior")?);
            counts(case, &settings.binarize(binarize))
        },
    );
    hold(
        "bayes",
        |s| s == "ComplementNB",
        |case| {
            let settings = ComplementNb::new().alpha(number(case, "alpha")?);
            counts(case, &settings.norm(case.param("norm")?.read()?))
        },
    );
}

#[test]
fn of_categories() {
    hold(
        "bayes",
        |s| s == "CategoricalNB",
        |case| {
            let least =
                match case.optional_param("min_categories").map(|v| v.numbers()).transpose()?.as_deref() {
                    None => MinCategories::Seen,
                    Some([all]) => (*all as usize).into(),
                    Some(each) => each.iter().map(|v| *v as usize).collect::<Vec<_>>().into(),
                };
            let settings =
                CategoricalNb::new().alpha(number(case, "alpha")?).priors(priors(case, "class_prior")?);
            let Fitted { model, x } = fit(case, &settings.min_categories(least))?;
            case.close("class_count", model.class_count());
            case.same("n_categories", model.n_categories());
            case.close("joint", &model.decision_function(&x)?);
            Ok(())
        },
    );
}

/// Scores less their mean over the classes; a single column as it is.
fn contrasts(z: &Array2<f64>) -> Array2<f64> {
    let mean =
        if z.ncols() > 1 { z.mean_axis(Axis(1)).unwrap_or_default() } else { Array1::zeros(z.nrows()) };
    z - &mean.insert_axis(Axis(1))
}

fn shrinkage(case: &Case) -> Result<Shrinkage, String> {
    Ok(match case.optional_param("shrinkage") {
        None => Shrinkage::None,
        Some(v) => v.number().map_or(Shrinkage::Auto, Shrinkage::By),
    })
}

#[test]
fn linear_discriminant() {
    hold(
        "bayes",
        |s| s == "LinearDiscriminantAnalysis",
        |case| {
            let solver = match case.param("solver")?.read::<&str>()? {
                "svd" => DiscriminantSolver::Svd,
                "lsqr" => DiscriminantSolver::Lsqr,
                _ => DiscriminantSolver::Eigen,
            };
            let settings = LinearDiscriminantAnalysis::new()
                .solver(solver)
                .shrinkage(shrinkage(case)?)
                .n_components(case.optional_param("n_components").map(|v| v.read()).transpose()?)
                .priors(priors(case, "priors")?);
            let Fitted { model, x } = fit(case, &settings)?;
            case.close("means", model.means());
            case.close("scores", &contrasts(&model.decision_function(&x)?));
            if case.expects("distances") {
                case.close("distances", &model.transform(&x)?.mapv(f64::abs));
                case.close("explained_variance_ratio", model.explained_variance_ratio());
            }
            Ok(())
        },
    );
}

#[test]
fn quadratic_discriminant() {
    hold(
        "bayes",
        |s| s == "QuadraticDiscriminantAnalysis",
        |case| {
            let settings = QuadraticDiscriminantAnalysis::new()
                .shrinkage(shrinkage(case)?)
                .reg_param(number(case, "reg_param")?)
                .priors(priors(case, "priors")?)
                .store_covariance(true);
            let Fitted { model, x } = fit(case, &settings)?;
            case.close("means", model.means());
            case.close("scores", &contrasts(&model.decision_function(&x)?));
            if case.expects("covariance") {
                case.close("covariance", model.covariance().iter().flatten());
            }
            Ok(())
        },
    );
}
