//! Model files of every format version are read, and answer as they did when they were written.
//!
//! A new model adds its files, and a new format version its folder, with
//! `cargo test -p estimand --test suite golden -- --ignored`. Files that exist are never written again: if a test
//! fails because the fields of a model changed, the format version must rise and the old one stay readable.

use estimand::bayes::{CategoricalNbModel, CountNbModel, GaussianNbModel};
use estimand::cluster::{
    AffinityPropagation, AffinityPropagationModel, AgglomerativeClustering, AgglomerativeModel,
    BayesianGaussianMixture, BayesianGaussianMixtureModel, Birch, BirchModel, BisectingKMeans,
    BisectingKMeansModel, DbscanModel, HdbscanModel, KMedoids, KMedoidsModel, MeanShift, MeanShiftModel,
    OpticsModel, SpectralClustering, SpectralModel,
};
use estimand::core::Priors;
use estimand::core::persist::{FORMAT_VERSION, describe};
use estimand::ensemble::{
    AdaBoostClassifierModel, AdaBoostRegressorModel, ClassBooster, ClassForest, GradientBoostingClassifier,
    HistGradientBoostingQuantiles, IsolationForestModel, MultiRegressionForest, QuantileBooster,
    QuantileForest, RandomTreesEmbeddingModel, RegressionBooster, RegressionForest,
};
use estimand::gaussian_process::{
    GaussianProcessClassifierModel, GaussianProcessModel, MultiGaussianProcessModel, Smoothness,
    SparseGaussianProcessModel,
};
use estimand::linear::{
    BayesianModel, ElasticNetCvModel, HuberModel, IsotonicModel, LarsCvModel, LassoLarsIcModel,
    LinearDiscriminantModel, LogisticCvModel, MultiTaskElasticNetCvModel, OrthogonalMatchingPursuitCvModel,
    QuadraticDiscriminantModel, RansacModel, RidgeClassifierCvModel, RidgeClassifierModel, RidgeCvModel,
    SgdModel, SgdOneClassModel, SgdPenalty, SgdRegressorModel,
};
use estimand::model_selection::CalibratedModel;
use estimand::neighbors::{
    ApproximateNeighborsModel, KernelDensityModel, KnnImputerModel, LocalOutlierFactorModel,
    MultiNeighborsRegressorModel, NearestCentroidModel, NearestNeighborsModel,
    NeighborhoodComponentsAnalysis, NeighborhoodComponentsModel, NeighborsClassifierModel,
    NeighborsRegressorModel,
};
use estimand::prelude::*;
use estimand::svm::{
    AdditiveChi2Sampler, AdditiveChi2SamplerModel, KernelRidgeModel, LinearSvcModel, LinearSvrModel,
    MultiKernelRidgeModel, NystroemModel, OneClassModel, PolynomialCountSketch, PolynomialCountSketchModel,
    RbfSamplerModel, SkewedChi2Sampler, SkewedChi2SamplerModel, SvcModel, SvrModel,
};
use estimand::tree::{ClassTree, MultiRegressionTree, RegressionTree};
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
/// Twice the same, but for a factor.
fn targets() -> Array2<f64> {
    let y = target();
    Array2::from_shape_fn((30, 2), |(i, t)| y[i] * (1.0 - 3.0 * t as f64))
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
    let (x, y, both) = (records(), target(), targets());
    let (some, one, positive) = (x.slice(s![..4, ..]), x.slice(s![.., ..1]), y.mapv(|y| y.abs() + 0.1));
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

/// Records with a missing value and a column of categories, a target, labels.
fn mixed() -> (Array2<f64>, Array1<f64>, Array1<i32>) {
    let mut x = records();
    x[[3, 1]] = f64::NAN;
    x.column_mut(3).iter_mut().enumerate().for_each(|(i, v)| *v = (i % 5) as f64);
    (x, target(), labels().mapv(|l| l.as_bytes()[0] as i32))
}

fn trees(golden: &Golden) -> Result<()> {
    let (x, y, three) = mixed();
    let (some, both) = (x.slice(s![..4, ..]), targets());
    let (tree, forest) = (
        DecisionTreeRegressor::new().max_depth(Some(3)),
        RandomForestRegressor::new().n_trees(3).max_depth(Some(3)),
    );
    let stumps = |trees| RandomForestClassifier::new().n_trees(trees).max_depth(Some(2));
    models!(golden:
        "class-tree": Classifier<ClassTree<f64>, i32> = DecisionTreeClassifier::new().categorical_features(vec![3]), (&x, &three), |m| m.predict_proba(some)?;
        "regression-tree": RegressionTree<f64> = tree, (&x, &y), |m| m.predict(some)?;
        "multi-regression-tree": MultiRegressionTree<f64> = tree, (&x, &both), |m| m.predict(some)?;
        "class-forest": Classifier<ClassForest<f64>, i32> = stumps(3).oob_score(true), (&x, &three), |m| m.predict_proba(some)?;
        "regression-forest": RegressionForest<f64> = forest, (&x, &y), |m| m.predict(some)?;
        "multi-regression-forest": MultiRegressionForest<f64> = forest, (&x, &both), |m| m.predict(some)?;
        "isolation-forest": IsolationForestModel<f64> = IsolationForest::new().n_trees(3), &records(), |m| m.score_samples(some)?;
        "random-trees-embedding": RandomTreesEmbeddingModel<f64> = RandomTreesEmbedding::new().n_trees(3), &records(), |m| m.transform(&records())?.to_dense();
        "ada-boost-classifier": Classifier<AdaBoostClassifierModel<f64, ClassForest<f64>>, i32> = AdaBoostClassifier::new(stumps(1)).n_estimators(3), (&x, &three), |m| m.predict_proba(some)?;
        "ada-boost-regressor": AdaBoostRegressorModel<RegressionForest<f64>> = AdaBoostRegressor::new(forest.clone()).n_estimators(3), (&x, &y), |m| m.predict(some)?;
    );
    let quantiles = |m: &QuantileForest<f64>| Ok(flat(&m.quantiles(some, &[0.1, 0.9])?));
    golden.model("quantile-forest", 1e-12, || forest.fit_quantiles((&x, &y)), quantiles)
}

fn boosters(golden: &Golden) -> Result<()> {
    let (x, y, three) = mixed();
    let some = x.slice(s![..4, ..]);
    let numbers =
        HistGradientBoostingRegressor::new().max_iter(4).min_samples_leaf(3.0).categorical_features(vec![3]);
    let quantiles = HistGradientBoostingQuantiles::new().max_iter(3).min_samples_leaf(5.0);
    let classes = GradientBoostingClassifier::new().max_iter(2).max_depth(Some(2)).subsample(0.7);
    models!(golden:
        "regression-booster": RegressionBooster<f64> = numbers, (&x, &y), |m| m.predict(some)?;
        "quantile-booster": QuantileBooster<f64> = quantiles, (&x, &y), |m| m.predict(some)?;
        "class-booster": Classifier<ClassBooster<f64>, i32> = classes, (&x, &three), |m| m.predict_proba(some)?;
    );
    Ok(())
}

fn processes(golden: &Golden) -> Result<()> {
    let (x, y, three) = (records(), target(), mixed().2);
    let (some, both) = (x.slice(s![..4, ..]), targets());
    let kernel = 2.0 * Covariance::matern(3.0, Smoothness::FiveHalves) + Covariance::white(0.1);
    let numbers = GaussianProcessRegressor::new().kernel(kernel.clone()).optimize(false);
    let sparse = SparseGaussianProcessRegressor::new().kernel(kernel.clone()).inducing(5).optimize(false);
    let classes = GaussianProcessClassifier::new().kernel(kernel).optimize(false);
    models!(golden:
        "gaussian-process": GaussianProcessModel<f64> = numbers, (&x, &y), |m| m.predict(some)?;
        "multi-gaussian-process": MultiGaussianProcessModel<f64> = numbers, (&x, &both), |m| m.predict(some)?;
        "sparse-gaussian-process": SparseGaussianProcessModel<f64> = sparse, (&x, &y), |m| m.predict(some)?;
        "gaussian-process-classifier": Classifier<GaussianProcessClassifierModel<f64>, i32> = classes, (&x, &three), |m| m.predict_proba(some)?;
        "calibrated": CalibratedModel<Classifier<GaussianNbModel<f64>, i32>> = CalibratedClassifier::new(GaussianNb::new()).cv(StratifiedKFold::new(2)), (&x, &three), |m| m.predict_proba(some)?;
    );
    Ok(())
}

fn machines(golden: &Golden) -> Result<()> {
    let (x, y, three) = (records(), target(), mixed().2);
    let (some, both) = (x.slice(s![..4, ..]), targets());
    let counts = x.mapv(f64::abs);
    let ridge = KernelRidge::new().kernel(Kernel::Rbf).gamma(0.1);
    models!(golden:
        "svc": Classifier<SvcModel<f64>, i32> = Svc::new(), (&x, &three), |m| m.decision_function(some)?;
        "linear-svc": Classifier<LinearSvcModel<f64>, i32> = LinearSvc::new(), (&x, &three), |m| m.decision_function(some)?;
        "svr": SvrModel<f64> = Svr::new(), (&x, &y), |m| m.predict(some)?;
        "linear-svr": LinearSvrModel<f64> = LinearSvr::new().max_iter(100_000), (&x, &y), |m| m.predict(some)?;
        "one-class-svm": OneClassModel<f64> = OneClassSvm::new(), &x, |m| m.decision_function(some)?;
        "kernel-ridge": KernelRidgeModel<f64> = ridge, (&x, &y), |m| m.predict(some)?;
        "multi-kernel-ridge": MultiKernelRidgeModel<f64> = ridge, (&x, &both), |m| m.predict(some)?;
        "nystroem": NystroemModel<f64> = Nystroem::new().n_components(5), &x, |m| m.transform(some)?;
        "rbf-sampler": RbfSamplerModel<f64> = RbfSampler::new().n_components(5), &x, |m| m.transform(some)?;
        "additive-chi2-sampler": AdditiveChi2SamplerModel<f64> = AdditiveChi2Sampler::new(), &counts, |m| m.transform(&counts)?;
        "skewed-chi2-sampler": SkewedChi2SamplerModel<f64> = SkewedChi2Sampler::new().n_components(5), &counts, |m| m.transform(&counts)?;
        "polynomial-count-sketch": PolynomialCountSketchModel<f64> = PolynomialCountSketch::new().n_components(5).coef0(0.5), &x, |m| m.transform(some)?;
    );
    Ok(())
}

fn neighbours(golden: &Golden) -> Result<()> {
    let (x, y, three) = (records(), target(), mixed().2);
    let (some, both) = (x.slice(s![..4, ..]), targets());
    let gaps = mixed().0;
    models!(golden:
        "nearest-neighbors": NearestNeighborsModel<f64> = NearestNeighbors::new().algorithm(estimand::neighbors::Algorithm::BallTree), &x, |m| m.kneighbors(some)?.distances;
        "approximate-neighbors": ApproximateNeighborsModel<f64> = ApproximateNeighbors::new(), &x, |m| m.kneighbors(some)?.distances;
        "neighbors-classifier": Classifier<NeighborsClassifierModel<f64>, i32> = KNeighborsClassifier::new().weights(NeighborWeights::Distance), (&x, &three), |m| m.predict_proba(some)?;
        "neighbors-regressor": NeighborsRegressorModel<f64> = KNeighborsRegressor::new(), (&x, &y), |m| m.predict(some)?;
        "multi-neighbors-regressor": MultiNeighborsRegressorModel<f64> = RadiusNeighborsRegressor::new().radius(5.0), (&x, &both), |m| m.predict(some)?;
        "nearest-centroid": Classifier<NearestCentroidModel<f64>, i32> = NearestCentroid::new().shrink_threshold(0.5), (&x, &three), |m| m.predict_proba(some)?;
        "kernel-density": KernelDensityModel<f64> = KernelDensity::new(), &x, |m| m.score_samples(some)?;
        "knn-imputer": KnnImputerModel<f64> = KnnImputer::new(), &gaps, |m| m.transform(&gaps)?;
        "local-outlier-factor": LocalOutlierFactorModel<f64> = LocalOutlierFactor::new().n_neighbors(5), &x, |m| m.score_samples(some)?;
        "neighborhood-components": NeighborhoodComponentsModel<f64> = NeighborhoodComponentsAnalysis::new().n_components(2).max_iter(5), (&x, &three), |m| m.transform(some)?;
    );
    Ok(())
}

fn clusterings(golden: &Golden) -> Result<()> {
    let x = records();
    let some = x.slice(s![..9, ..]);
    models!(golden:
        "k-means": KMeansModel<f64> = KMeans::new(3), &x, |m| m.transform(some)?;
        "mini-batch-k-means": MiniBatchKMeansModel<f64> = MiniBatchKMeans::new(3), &x, |m| m.transform(some)?;
        "bisecting-k-means": BisectingKMeansModel<f64> = BisectingKMeans::new(3), &x, |m| m.transform(some)?;
        "k-medoids": KMedoidsModel<f64> = KMedoids::new(3), &x, |m| m.transform(some)?;
        "gaussian-mixture": GaussianMixtureModel<f64> = GaussianMixture::new(3), &x, |m| m.predict_proba(some)?;
        "bayesian-gaussian-mixture": BayesianGaussianMixtureModel<f64> = BayesianGaussianMixture::new(4), &x, |m| m.predict_proba(some)?;
        "birch": BirchModel<f64> = Birch::new(), &x, |m| m.transform(some)?;
        "dbscan": DbscanModel<f64> = Dbscan::new().eps(3.0), &x, |m| m.predict(some)?.mapv(|l| l as f64);
        "hdbscan": HdbscanModel<f64> = Hdbscan::new(), &x, |m| m.approximate_predict(some)?.1;
        "mean-shift": MeanShiftModel<f64> = MeanShift::new().bandwidth(Some(3.0)), &x, |m| m.predict(some)?.mapv(|l| l as f64);
        "affinity-propagation": AffinityPropagationModel<f64> = AffinityPropagation::new(), &x, |m| m.predict(some)?.mapv(|l| l as f64);
        "agglomerative": AgglomerativeModel = AgglomerativeClustering::new(3), &x, |m| m.labels().mapv(|l| l as f64);
        "optics": OpticsModel = Optics::new(), &x, |m| m.labels().mapv(|l| l as f64);
        "spectral": SpectralModel = SpectralClustering::new(3), &x, |m| m.labels().mapv(|l| l as f64);
    );
    Ok(())
}

fn every_model(golden: &Golden) -> Result<()> {
    for family in [classifiers, regressors, trees, boosters, processes, machines, neighbours, clusterings] {
        family(golden)?;
    }
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
    golden.model(
        "multi-linear",
        double,
        || Ridge::new().fit((&x, &targets())),
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
