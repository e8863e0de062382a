//! Trees and what is built of them: scikit-learn's, where splits are unique; forests in quality.

use crate::inputs::{classes_of, numbers_of, weighted, weights_of};
use estimand::core::FitClasses;
use estimand::ensemble::AdaBoostLoss;
use estimand::metrics::{log_loss, r2};
use estimand::prelude::*;
use estimand::tree::{PruningPath, Rows, Tree};
use estimand_parity::{Case, Outcome, hold};

fn optional<T: for<'d> serde::Deserialize<'d>>(case: &Case, name: &str) -> Result<Option<T>, String> {
    case.optional_param(name).map(|v| v.read()).transpose()
}

fn count(case: &Case, name: &str) -> Result<Option<usize>, String> {
    optional(case, name)
}

macro_rules! settings {
    ($settings:ident, $case:expr) => {
        $settings::new()
            .max_depth(count($case, "max_depth")?)
            .min_samples_split(count($case, "min_samples_split")?.unwrap_or(2))
            .min_samples_leaf(count($case, "min_samples_leaf")?.unwrap_or(1))
            .max_leaf_nodes(count($case, "max_leaf_nodes")?)
            .min_weight_fraction_leaf(optional($case, "min_weight_fraction_leaf")?.unwrap_or(0.0))
            .min_impurity_decrease(optional($case, "min_impurity_decrease")?.unwrap_or(0.0))
            .ccp_alpha(optional($case, "ccp_alpha")?.unwrap_or(0.0))
            .monotonic_cst(optional($case, "monotonic_cst")?.unwrap_or_default())
    };
}

/// Leaves, depth, importances, loss and the path of pruning.
fn shape(case: &Case, tree: &Tree, importances: &Array1<f64>, path: &PruningPath) {
    case.same("leaves", tree.n_leaves());
    case.same("depth", tree.depth());
    case.close("importances", importances);
    let leaves = (0..tree.n_nodes()).filter(|node| tree.is_leaf(*node));
    let loss: f64 = leaves.map(|node| tree.stat(node).weight * tree.stat(node).impurity).sum();
    case.close("loss", &[loss / tree.stat(0).weight]);
    if case.expects("alphas") {
        case.close("alphas", &path.ccp_alphas);
        case.close("impurities", &path.impurities);
    }
}

#[test]
fn trees_of_numbers() {
    hold(
        "trees",
        |s| s == "DecisionTreeRegressor",
        |case| {
            let (x, y) = numbers_of(case)?;
            let (weights, asked) = (weights_of(case)?, case.input("xt")?.matrix()?);
            let criterion = match optional::<String>(case, "criterion")?.as_deref() {
                Some("absolute_error") => RegressionCriterion::AbsoluteError,
                Some("poisson") => RegressionCriterion::Poisson,
                _ => RegressionCriterion::SquaredError,
            };
            let settings = settings!(DecisionTreeRegressor, case).criterion(criterion);
            if y.ncols() > 1 {
                let model = settings.fit(weighted((&x, &y), &weights))?;
                case.close("answer", &model.predict(&asked)?);
                shape(
                    case,
                    model.tree(),
                    &model.feature_importances(),
                    &model.cost_complexity_pruning_path(),
                );
                return Ok(());
            }
            let y = y.column(0).to_owned();
            let model = settings.fit(weighted((&x, &y), &weights))?;
            case.close("answer", &model.predict(&asked)?);
            shape(case, model.tree(), &model.feature_importances(), &model.cost_complexity_pruning_path());
            Ok(())
        },
    );
}

#[test]
fn trees_of_classes() {
    hold(
        "trees",
        |s| s == "DecisionTreeClassifier",
        |case| {
            let (x, y) = classes_of(case)?;
            let (weights, asked) = (weights_of(case)?, case.input("xt")?.matrix()?);
            let criterion = match optional::<String>(case, "criterion")?.as_deref() {
                Some("entropy") => ClassCriterion::Entropy,
                _ => ClassCriterion::Gini,
            };
            let class_weight = match case.optional_param("class_weight") {
                Some(_) => ClassWeight::Balanced,
                None => ClassWeight::Uniform,
            };
            let settings =
                settings!(DecisionTreeClassifier, case).criterion(criterion).class_weight(class_weight);
            let model = settings.fit(weighted((&x, &y), &weights))?;
            case.close("answer", &model.predict_proba(&asked)?);
            shape(case, model.tree(), &model.feature_importances(), &model.cost_complexity_pruning_path());
            Ok(())
        },
    );
}

#[test]
fn boosted_trees() {
    hold(
        "trees",
        |s| s == "AdaBoostClassifier",
        |case| {
            let (x, y) = classes_of(case)?;
            let weights = weights_of(case)?;
            let tree = DecisionTreeClassifier::new().max_depth(count(case, "depth")?);
            let settings = AdaBoostClassifier::new(tree)
                .n_estimators(case.param("rounds")?.read()?)
                .learning_rate(case.param("rate")?.number()?);
            let model = settings.fit(weighted((&x, &y), &weights))?;
            case.close("decision", &model.decision_function(&x)?);
            case.close("proba", &model.predict_proba(&x)?);
            case.close("weights", &model.learners().iter().map(|l| l.weight()).collect::<Vec<_>>());
            case.close("errors", &model.learners().iter().map(|l| l.error()).collect::<Vec<_>>());
            Ok(())
        },
    );
    hold(
        "trees",
        |s| s == "AdaBoostRegressor",
        |case| {
            let (x, y) = numbers_of(case)?;
            let y = y.column(0).to_owned();
            let loss = match case.param("loss")?.read::<String>()?.as_str() {
                "square" => AdaBoostLoss::Square,
                "exponential" => AdaBoostLoss::Exponential,
                _ => AdaBoostLoss::Linear,
            };
            let tree = DecisionTreeRegressor::new().max_depth(Some(3)).min_samples_leaf(5);
            let settings =
                AdaBoostRegressor::new(tree).n_estimators(case.param("rounds")?.read()?).loss(loss);
            let model = settings.bootstrap(false).fit((&x, &y))?;
            case.close("weights", &model.learners().iter().map(|l| l.weight()).collect::<Vec<_>>());
            case.close("predict", &model.predict(&x)?);
            Ok(())
        },
    );
}

/// Two thirds of the rows, and the others.
fn halves<Y: Clone>(x: &Array2<f64>, y: &Array1<Y>) -> [(Array2<f64>, Array1<Y>); 2] {
    [true, false].map(|train| {
        let rows: Vec<usize> = (0..y.len()).filter(|i| (i % 3 != 0) == train).collect();
        let single = |v: f64| f64::from(v as f32);
        (x.select(Axis(0), &rows).mapv(single), y.select(Axis(0), &rows))
    })
}

fn features(case: &Case) -> Result<MaxFeatures, String> {
    Ok(case.param("max_features")?.number().map_or(MaxFeatures::Sqrt, MaxFeatures::Share))
}

fn scored(case: &Case, score: f64, importances: &Array1<f64>) {
    if case.expects("score") {
        case.close("score", &[score]);
    } else {
        case.close("importances", importances);
    }
}

fn numbers<E, M>(case: &Case, settings: &E) -> Outcome
where
    E: Fit<f64, Array1<f64>, Model = M>,
    M: std::ops::Deref<Target = estimand::ensemble::ForestModel<f64>> + Predict<f64, Output = Array1<f64>>,
{
    let (x, y) = numbers_of(case)?;
    let [(x, y), (asked, known)] = halves(&x, &y.column(0).to_owned());
    let model = settings.fit((&x, &y))?;
    scored(case, r2(&known, &model.predict(&asked)?)?, &model.feature_importances());
    Ok(())
}

fn classes(
    case: &Case,
    settings: &impl FitClasses<Model<f64> = estimand::ensemble::ClassForest<f64>>,
) -> Outcome {
    let (x, y) = classes_of(case)?;
    let [(x, y), (asked, known)] = halves(&x, &y);
    let model = settings.fit((&x, &y))?;
    let loss = log_loss(&known, &model.predict_proba(&asked)?, model.classes())?;
    scored(case, loss, &model.feature_importances());
    Ok(())
}

#[test]
fn forests_are_as_good() {
    hold(
        "trees",
        |s| s == "RandomForestRegressor",
        |case| {
            let least = Rows::Count(count(case, "min_samples_leaf")?.unwrap_or(1));
            numbers(case, &RandomForestRegressor::new().max_features(features(case)?).min_samples_leaf(least))
        },
    );
    hold(
        "trees",
        |s| s == "ExtraTreesRegressor",
        |case| numbers(case, &ExtraTreesRegressor::new().max_features(features(case)?)),
    );
    hold("trees", |s| s == "RandomForestClassifier", |case| classes(case, &RandomForestClassifier::new()));
    hold("trees", |s| s == "ExtraTreesClassifier", |case| classes(case, &ExtraTreesClassifier::new()));
}

#[test]
fn scores_of_isolation() {
    hold(
        "trees",
        |s| s == "IsolationForest",
        |case| {
            let x = case.input("x")?.matrix()?;
            let size = case.param("max_samples")?.read::<usize>()?;
            let model = IsolationForest::new().n_trees(4000).max_samples(size).fit(&x)?;
            case.close("score", &model.score_samples(&x)?);
            Ok(())
        },
    );
}
