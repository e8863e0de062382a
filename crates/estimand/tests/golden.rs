//! Model files of every format version are read, and answer as they did when they were written.
//!
//! A new model adds its files, and a new format version its folder, with
//! `cargo test -p estimand --test golden -- --ignored`. Files that exist are never written again: if a test
//! fails because the fields of a model changed, the format version must rise and the old one stay readable.

#![allow(clippy::unwrap_used, reason = "a test fails by unwrapping")]

use estimand::bayes::{CategoricalNbModel, CountNbModel, GaussianNbModel};
use estimand::core::Priors;
use estimand::core::persist::{FORMAT_VERSION, describe};
use estimand::linear::{
    BayesianModel, ElasticNetCvModel, HuberModel, IsotonicModel, LarsCvModel, LassoLarsIcModel,
    LinearDiscriminantModel, LogisticCvModel, MultiTaskElasticNetCvModel, OrthogonalMatchingPursuitCvModel,
    QuadraticDiscriminantModel, RansacModel, RidgeClassifierCvModel, RidgeClassifierModel, RidgeCvModel,
    SgdModel, SgdOneClassModel, SgdPenalty, SgdRegressorModel,
};
use estimand::prelude::*;
use std::path::PathBuf;

struct Golden {
    version: u16,
    write: bool,
}

impl Golden {
    /// Loads one model from both of its files and compares its answers with those written beside them.
    fn model<M: Persist>(
        &self,
        name: &str,
        tolerance: f64,
        fit: impl FnOnce() -> Result<M>,
        ask: impl Fn(&M) -> Result<Vec<f64>>,
    ) -> Result<()> {
        let folder =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{}", self.version));
        let at = |ending: &str| folder.join(format!("{name}.{ending}"));
        if self.write && !at("est").exists() {
            std::fs::create_dir_all(&folder).unwrap();
            let model = fit()?;
            model.save(at("est"))?;
            model.save_json(at("json"))?;
            std::fs::write(at("answers.json"), serde_json::to_string(&ask(&model)?).unwrap()).unwrap();
        }
        let (binary, json) = (M::load(at("est"))?, M::load_json(at("json"))?);
        let text = std::fs::read_to_string(at("answers.json")).unwrap();
        let expected: Vec<f64> = serde_json::from_str(&text).unwrap();
        for model in [&binary, &json] {
            let found = ask(model)?;
            assert_eq!(found.len(), expected.len(), "{name}");
            for (f, e) in found.iter().zip(&expected) {
                assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{name}: {f} instead of {e}");
            }
        }
        for file in [at("est"), at("json")] {
            assert_eq!(describe(&file)?.model, M::type_name());
        }
        if self.version == FORMAT_VERSION {
            let same = binary.to_bytes()? == std::fs::read(at("est")).unwrap()
                && json.to_json()? == std::fs::read_to_string(at("json")).unwrap();
            assert!(same, "{name} is no longer written as format version {FORMAT_VERSION} has it");
        }
        Ok(())
    }
}

/// 30 rows around three centres, with values that are not round.
fn records() -> Array2<f64> {
    Array2::from_shape_fn((30, 4), |(i, j)| {
        (i % 3) as f64 * (1.0 + j as f64) + (i as f64 * 0.7 + j as f64).sin()
    })
}
fn target() -> Array1<f64> {
    records().rows().into_iter().map(|r| 2.0 * r[0] - r[1] + 0.1 * r[2] * r[3]).collect()
}
fn labels() -> Array1<String> {
    Array1::from_shape_fn(30, |i| ["ant", "bee", "cat"][i % 3].to_string())
}

/// Numbers of any shape, as answers.
fn flat<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Vec<f64> {
    numbers.into_iter().copied().collect()
}

macro_rules! models {
    ($golden:ident: $($name:literal: $model:ty = $settings:expr, $data:expr, |$m:ident| $ask:expr;)*) => {
        $($golden.model($name, 1e-12, || $settings.fit($data), |$m: &$model| Ok(flat(&$ask)))?;)*
    };
}

fn classifiers(golden: &Golden) -> Result<()> {
    let (x, y) = (records(), labels());
    let three = y.mapv(|l| l.as_bytes()[0] as i32);
    // Categories 0, 1, 2, of which the classes are fond in different ways.
    let counts = Array2::from_shape_fn((30, 3), |(i, j)| ((i % 3 + j * (i % 5)) % 3) as f64);
    let (some, few) = (x.slice(s![..4, ..]), counts.slice(s![..4, ..]));
    let weigh = ClassWeight::of([("ant", 2.0)]);
    models!(golden:
        "gaussian-nb": Classifier<GaussianNbModel<f64>, String> = GaussianNb::new().class_weight(weigh), (&x, &y), |m| m.predict_proba(some)?;
        "multinomial-nb": Classifier<CountNbModel<f64>, i32> = MultinomialNb::new().priors(Priors::from([0.2, 0.3, 0.5])), (&counts, &three), |m| m.predict_proba(few)?;
        "complement-nb": Classifier<CountNbModel<f64>, i32> = ComplementNb::new().norm(true), (&counts, &three), |m| m.predict_proba(few)?;
        "bernoulli-nb": Classifier<CountNbModel<f64>, i32> = BernoulliNb::new().binarize(Some(1.0)), (&counts, &three), |m| m.predict_proba(few)?;
        "categorical-nb": Classifier<CategoricalNbModel<f64>, i32> = CategoricalNb::new().min_categories(4), (&counts, &three), |m| m.predict_proba(few)?;
        "lda": Classifier<LinearDiscriminantModel<f64>, i32> = LinearDiscriminantAnalysis::new().store_covariance(true), (&x, &three), |m| m.predict_proba(some)?;
        "qda": Classifier<QuadraticDiscriminantModel<f64>, i32> = QuadraticDiscriminantAnalysis::new().reg_param(0.1), (&x, &three), |m| m.predict_proba(some)?;
        "ridge-classifier": Classifier<RidgeClassifierModel<f64>, i32> = RidgeClassifier::new(), (&x, &three), |m| m.decision_function(some)?;
        "ridge-classifier-cv": Classifier<RidgeClassifierCvModel<f64>, i32> = RidgeClassifierCv::new(), (&x, &three), |m| m.decision_function(some)?;
        "logistic-cv": Classifier<LogisticCvModel<f64>, i32> = LogisticRegressionCv::new().cs([0.1, f64::INFINITY]), (&x, &three), |m| m.predict_proba(some)?;
        "sgd-classifier": Classifier<SgdModel<f64>, i32> = SgdClassifier::new().penalty(SgdPenalty::L1).average(5).max_iter(20), (&x, &three), |m| m.decision_function(some)?;
    );
    Ok(())
}

fn regressors(golden: &Golden) -> Result<()> {
    let (x, y) = (records(), target());
    let (some, one, positive) = (x.slice(s![..4, ..]), x.slice(s![.., ..1]), y.mapv(|y| y.abs() + 0.1));
    let both = Array2::from_shape_fn((30, 2), |(i, t)| y[i] * (1.0 - 3.0 * t as f64));
    models!(golden:
        "ridge-cv": RidgeCvModel<LinearModel<f64>> = RidgeCv::new(), (&x, &y), |m| m.predict(some)?;
        "sgd-regressor": SgdRegressorModel<f64> = SgdRegressor::new().max_iter(20), (&x, &y), |m| m.predict(some)?;
        "bayesian": BayesianModel<f64> = BayesianRidge::new(), (&x, &y), |m| m.predict(some)?;
        "glm": GlmModel<f64> = PoissonRegressor::new(), (&x, &positive), |m| m.predict(some)?;
        "huber": HuberModel<f64> = HuberRegressor::new(), (&x, &y), |m| m.predict(some)?;
        "isotonic": IsotonicModel<f64> = IsotonicRegression::new(), (&one, &y), |m| m.predict(one)?;
        "elastic-net-cv": ElasticNetCvModel<f64> = ElasticNetCv::new().alphas(vec![0.01, 0.1]), (&x, &y), |m| m.predict(some)?;
        "multi-task-elastic-net-cv": MultiTaskElasticNetCvModel<f64> = MultiTaskElasticNetCv::new().alphas(vec![0.01, 0.1]), (&x, &both), |m| m.predict(some)?;
        "lars-cv": LarsCvModel<f64> = LarsCv::new(), (&x, &y), |m| m.predict(some)?;
        "lasso-lars-ic": LassoLarsIcModel<f64> = LassoLarsIc::new(), (&x, &y), |m| m.predict(some)?;
        "omp-cv": OrthogonalMatchingPursuitCvModel<f64> = OrthogonalMatchingPursuitCv::new(), (&x, &y), |m| m.predict(some)?;
        "sgd-one-class": SgdOneClassModel<f64> = SgdOneClassSvm::new().max_iter(20), &x, |m| m.decision_function(some)?;
        "ransac": RansacModel<LinearModel<f64>> = RansacRegressor::new(LinearRegression::new()), (&x, &y), |m| m.predict(some)?;
    );
    Ok(())
}

fn every_model(golden: &Golden) -> Result<()> {
    classifiers(golden)?;
    regressors(golden)?;
    // Different processors add in different orders.
    let (double, single) = (1e-12, 1e-5);
    let (x, y) = (records(), target());
    let narrow = x.mapv(|v| v as f32);
    let names = ["height", "width", "depth", "weight"];
    let named = Dataset::new(x.clone(), labels()).with_names(names);

    golden.model(
        "linear",
        double,
        || Ridge::new().fit((&x, &y)),
        |m: &LinearModel<f64>| Ok(m.predict(&x)?.to_vec()),
    )?;
    golden.model(
        "linear-f32",
        single,
        || LinearRegression::new().fit((&narrow, &y.mapv(|v| v as f32))),
        |m: &LinearModel<f32>| Ok(m.predict(&narrow)?.iter().map(|v| f64::from(*v)).collect()),
    )?;
    let several = Array2::from_shape_fn((30, 2), |(i, t)| y[i] * (1.0 - 3.0 * t as f64));
    golden.model(
        "multi-linear",
        double,
        || Ridge::new().fit((&x, &several)),
        |m: &MultiLinearModel<f64>| Ok(m.predict(&x)?.iter().copied().collect()),
    )?;
    golden.model(
        "standard-scaler",
        double,
        || StandardScaler::new().fit(&named),
        |m: &StandardScalerModel<f64>| Ok(m.transform(&named)?.iter().copied().collect()),
    )?;
    let mut gaps = narrow.clone();
    gaps.column_mut(2).fill(f32::NAN);
    golden.model(
        "min-max-scaler",
        single,
        || MinMaxScaler::new().clip(true).fit(&gaps),
        |m: &MinMaxScalerModel<f32>| Ok(m.transform(&narrow)?.iter().map(|v| f64::from(*v)).collect()),
    )?;
    golden.model(
        "logistic",
        double,
        || LogisticRegression::new().fit(&named),
        |m: &Classifier<LogisticModel<f64>, String>| Ok(m.predict_proba(&named)?.iter().copied().collect()),
    )?;
    let even = Array1::from_shape_fn(30, |i| i % 3 == 0);
    golden.model(
        "pipeline",
        double,
        || StandardScaler::new().then(LogisticRegression::new()).fit((&x, &even)),
        |m: &Chain<StandardScalerModel<f64>, Classifier<LogisticModel<f64>, bool>>| {
            Ok(m.predict_proba(&x)?.iter().copied().collect())
        },
    )
}

#[test]
fn files_of_every_version_are_read() -> Result<()> {
    (1..=FORMAT_VERSION).try_for_each(|version| every_model(&Golden { version, write: false }))
}

#[test]
#[ignore = "writes the files that are missing"]
fn write_missing_files() -> Result<()> {
    every_model(&Golden { version: FORMAT_VERSION, write: true })
}
