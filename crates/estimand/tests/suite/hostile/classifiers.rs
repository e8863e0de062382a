//! Hostile input to every classifier, through the front door: one table of estimators against one
//! table of bad data. Every meeting ends in sound answers or in an error that says why.

use super::{Failures, ModelFile, refused, table as noise_of};
use estimand::core::split::TimeSeriesSplit;
use estimand::core::{
    Describe, Features, FitBatches, FitClasses, Float, LearnClasses, Priors, Probabilities, Scores,
};
use estimand::ensemble::boosting::{ClassLoss, EarlyStopping, Growth, Init};
use estimand::ensemble::{ForestSplitter, GradientBoostingClassifier};
use estimand::gaussian_process::Smoothness;
use estimand::linear::{
    DiscriminantSolver, LearningRate, LogisticScoring, LogisticSolver, RidgeSolver, SgdLoss, SgdPenalty,
    Shrinkage,
};
use estimand::model_selection::CalibratedModel;
use estimand::neighbors::{CentroidMetric, Outliers};
use estimand::prelude::*;
use estimand::svm::LinearSvcLoss;
use estimand::tree::Splitter;

/// What a model says of records.
#[derive(PartialEq)]
struct Answer {
    labels: Array1<usize>,
    scores: Array2<f64>,
}
type Data<'a, F> = Samples<'a, F, Array1<usize>>;

/// An estimator in the table.
trait Subject {
    fn name(&self) -> &str;
    /// Whether NaN among the columns means *missing*.
    fn missing(&self) -> bool;
    /// Fits, and asks for the training rows.
    fn double(&self, data: Data<'_, f64>) -> Result<Answer>;
    fn single(&self, data: Data<'_, f32>) -> Result<Answer>;
    /// Learns rows one by one, as far as they are accepted; `None` if it does not learn in batches.
    fn row_by_row(&self, data: Data<'_, f64>) -> Option<Result<Answer>>;
    /// Scores of three folds, alone and behind a scaler.
    fn folds(&self, data: Data<'_, f64>) -> [Result<Vec<f64>>; 2];
    /// A fitted model, saved.
    fn file<'a>(&'a self, data: Data<'a, f64>) -> Result<ModelFile<'a>>;
}

type Ask<M, F> = fn(&M, Records<'_, F>) -> Result<Array2<F>>;
type One<M, F> = fn(&M, &[F], &mut Scratch<F>) -> Result<usize>;
/// A fitted classifier.
type Fitted<E, F> = Classifier<<E as FitClasses>::Model<F>, usize>;
type Learn<E, F> = fn(&E, Data<'_, F>) -> Result<Answer>;
struct Of<E: FitClasses> {
    name: &'static str,
    settings: E,
    probabilities: Option<(Ask<Fitted<E, f64>, f64>, Ask<Fitted<E, f32>, f32>)>,
    batches: Option<Learn<E, f64>>,
}
/// Calibrated classifiers, which know labels and no codes.
struct Calibrated<E> {
    name: &'static str,
    settings: CalibratedClassifier<E>,
}

/// Predictions that agree with one another, are labels of the training set, and hold no NaN.
fn ask<F, M>(
    model: &M,
    one: Option<One<M, F>>,
    probabilities: Option<Ask<M, F>>,
    data: Data<'_, F>,
    asked_again: bool,
) -> Result<Answer>
where
    F: Float,
    M: Predict<F, Output = Array1<usize>> + Decide<F> + Classes<Label = usize>,
{
    let (labels, scores) = (model.predict(data.x)?, model.decision_function(data.x)?);
    let k = model.classes().len();
    assert!(labels.iter().all(|l| model.classes().contains(l)), "labels that are none");
    assert_eq!(scores.dim(), (data.nrows(), if k == 2 { 1 } else { k }));
    assert!(scores.iter().all(|z| !z.is_nan()), "NaN among the scores");
    if let (Some(one), Ok(dense)) = (one, data.x.dense("")) {
        let mut scratch = Scratch::new();
        for (row, label) in dense.rows().into_iter().zip(&labels) {
            assert_eq!(one(model, &row.to_vec(), &mut scratch)?, *label, "one row and many differ");
        }
    }
    if let Some(probabilities) = probabilities {
        let p = probabilities(model, data.x)?;
        assert_eq!(p.dim(), (data.nrows(), k));
        for (row, label) in p.rows().into_iter().zip(&labels) {
            assert!(row.iter().all(|p| *p >= F::zero() && *p <= F::one()), "probabilities {row}");
            assert!((row.iter().map(|p| p.f64()).sum::<f64>() - 1.0).abs() < 1e-5, "probabilities {row}");
            let most = row.iter().fold(F::zero(), |a, b| a.max(*b));
            let at = model.classes().iter().position(|c| c == label).unwrap_or(k);
            assert!(row[at] > most - F::of(1e-6), "{label} is not the likeliest of {row}");
        }
    }
    if !asked_again {
        // Rows as no training set has had them: scores may leave the range of numbers, which is an error.
        let sizes = [1e300, -1e300, 1e150, 1e37, -1e30, 1e9, -1.0, 0.0, 5e-324];
        for size in sizes.map(F::of).into_iter().filter(|size| size.is_finite()) {
            let far = Array2::from_shape_fn((1, data.x.ncols()), |(_, j)| if j == 1 { -size } else { size });
            let labels = Array1::from_elem(1, model.classes()[0]);
            let _ = ask(model, one, probabilities, Samples::new((&far).into(), labels.view()), true);
        }
    }
    Ok(Answer { labels, scores: scores.mapv(F::f64) })
}

/// Asks a model that may be no sound one.
fn touch<M>(model: &M, data: Data<'_, f64>) -> Result<()>
where
    M: Predict<f64, Output = Array1<usize>> + Decide<f64>,
{
    model.predict(data.x)?;
    model.decision_function(data.x).map(drop)
}

/// The label of one row.
fn one<F: Float, M: Scores<F>>(
    model: &Classifier<M, usize>,
    row: &[F],
    scratch: &mut Scratch<F>,
) -> Result<usize> {
    model.predict_one(row, scratch).copied()
}

impl<E: FitClasses> Of<E> {
    fn new(name: &'static str, settings: E) -> Self {
        Self { name, settings, probabilities: None, batches: None }
    }
    fn proba(mut self) -> Self
    where
        E::Model<f64>: Probabilities<f64>,
        E::Model<f32>: Probabilities<f32>,
    {
        self.probabilities =
            Some((|model, x| model.predict_proba_records(x), |model, x| model.predict_proba_records(x)));
        self
    }
    fn batches(mut self) -> Self
    where
        E: FitBatches,
        E::Model<f64>: LearnClasses<f64>,
    {
        self.batches = Some(|settings, data| {
            let mut model = settings.begin(data.y.to_vec(), Features::of(data.x))?;
            let mut learnt = None;
            for i in 0..data.nrows() {
                let before = model.decision_function(data.x).ok();
                match model.partial_fit(&data.select(&[i])) {
                    Ok(()) => learnt = Some(i),
                    Err(_) => {
                        assert!(model.decision_function(data.x).ok() == before, "a refused batch left traces")
                    }
                }
            }
            learnt.ok_or_else(|| Error::target("no row was accepted"))?;
            ask(&model, Some(one), None, data, false)
        });
        self
    }
}

impl<E: FitClasses + Describe + Clone + Sync + 'static> Subject for Of<E>
where
    E::Model<f64>: Persist + Send,
{
    fn name(&self) -> &str {
        self.name
    }
    fn missing(&self) -> bool {
        self.settings.capabilities().missing
    }
    fn double(&self, data: Data<'_, f64>) -> Result<Answer> {
        ask(&self.settings.fit(data)?, Some(one), self.probabilities.map(|p| p.0), data, false)
    }
    fn single(&self, data: Data<'_, f32>) -> Result<Answer> {
        ask(&self.settings.fit(data)?, Some(one), self.probabilities.map(|p| p.1), data, false)
    }
    fn row_by_row(&self, data: Data<'_, f64>) -> Option<Result<Answer>> {
        self.batches.map(|learn| learn(&self.settings, data))
    }
    fn folds(&self, data: Data<'_, f64>) -> [Result<Vec<f64>>; 2] {
        let chain = StandardScaler::new().then(self.settings.clone());
        let folds = KFold::new(3);
        [
            cross_val_score(&self.settings, data, &folds, accuracy),
            cross_val_score(&chain, data, &folds, accuracy),
        ]
    }
    fn file<'a>(&'a self, data: Data<'a, f64>) -> Result<ModelFile<'a>> {
        ModelFile::new(&self.settings.fit(data)?, move |model: &Fitted<E, f64>| {
            let likely = self.probabilities.map(|(probabilities, _)| probabilities(model, data.x));
            touch(model, data).and(likely.transpose()).map(drop)
        })
    }
}

impl<E: FitClasses + Describe + Clone + Sync + 'static> Subject for Calibrated<E>
where
    E::Model<f64>: Persist + Send + Sync,
    E::Model<f32>: Send + Sync,
{
    fn name(&self) -> &str {
        self.name
    }
    fn missing(&self) -> bool {
        self.settings.capabilities().missing
    }
    fn double(&self, data: Data<'_, f64>) -> Result<Answer> {
        ask(&self.settings.fit(data)?, None, Some(PredictProba::predict_proba_records), data, false)
    }
    fn single(&self, data: Data<'_, f32>) -> Result<Answer> {
        ask(&self.settings.fit(data)?, None, Some(PredictProba::predict_proba_records), data, false)
    }
    fn row_by_row(&self, _: Data<'_, f64>) -> Option<Result<Answer>> {
        None
    }
    fn folds(&self, data: Data<'_, f64>) -> [Result<Vec<f64>>; 2] {
        let folds = KFold::new(3);
        let chain = StandardScaler::new().then(self.settings.clone());
        [
            cross_val_score(&self.settings, data, &folds, accuracy),
            cross_val_score(&chain, data, &folds, accuracy),
        ]
    }
    fn file<'a>(&'a self, data: Data<'a, f64>) -> Result<ModelFile<'a>> {
        let fitted = self.settings.fit(data)?;
        ModelFile::new(&fitted, move |model: &CalibratedModel<Fitted<E, f64>>| touch(model, data))
    }
}

macro_rules! table {
    ($subjects:ident, |$of:ident| $able:expr, [$($settings:expr),* $(,)?]) => {
        $({
            let $of = Of::new(stringify!($settings), $settings);
            $subjects.push(Box::new($able));
        })*
    };
}

/// Every classifier, with settings at their extremes.
fn subjects() -> Vec<Box<dyn Subject>> {
    let mut all: Vec<Box<dyn Subject>> = Vec::new();
    let logistic = LogisticRegression::new;
    table!(
        all,
        |of| of.proba(),
        [
            logistic(),
            logistic().c(f64::INFINITY),
            logistic().c(f64::INFINITY).fit_intercept(false).solver(LogisticSolver::Lbfgs),
            logistic().c(1e-300),
            logistic().c(1e300).max_iter(5),
            logistic().c(1e6).solver(LogisticSolver::NewtonCholesky),
            logistic().tol(1e-300).max_iter(30),
            logistic().tol(1e300).max_iter(1),
            logistic().l1_ratio(1.0),
            logistic().l1_ratio(1.0).c(1e6).max_iter(20),
            logistic().l1_ratio(1.0).c(1e-300),
            logistic().l1_ratio(0.5).fit_intercept(false).class_weight(ClassWeight::Balanced),
            logistic().solver(LogisticSolver::ProximalNewton).tol(1e-14),
            LogisticRegressionCv::new().cs([1e-3, 1e3]).l1_ratios([0.0, 1.0]).cv(StratifiedKFold::new(2)),
            LogisticRegressionCv::new().cs([1.0]).scoring(LogisticScoring::LogLoss).cv(KFold::new(3)),
            LogisticRegressionCv::new().cs([1.0]).scoring(LogisticScoring::RocAuc).cv(KFold::new(2)),
            LogisticRegressionCv::new()
                .cs([1.0, f64::INFINITY])
                .scoring(LogisticScoring::BalancedAccuracy)
                .cv(KFold::new(2)),
        ]
    );
    let ridge = RidgeClassifier::new;
    table!(
        all,
        |of| of,
        [
            ridge(),
            ridge().alpha(0.0),
            ridge().alpha(1e300).fit_intercept(false),
            ridge().alpha(1e-300).solver(RidgeSolver::Cholesky),
            ridge().solver(RidgeSolver::Svd),
            ridge().solver(RidgeSolver::Dual),
            ridge().solver(RidgeSolver::ConjugateGradient).tol(1e-300).max_iter(5),
            RidgeClassifierCv::new().alphas(vec![1e-300, 1.0, 1e300]),
            RidgeClassifierCv::new()
                .alphas(vec![1.0, 10.0])
                .cv(KFold::new(3))
                .class_weight(ClassWeight::Balanced),
        ]
    );
    let sgd = || SgdClassifier::new().max_iter(20);
    table!(
        all,
        |of| of.batches(),
        [
            sgd(),
            sgd().loss(SgdLoss::SquaredHinge).penalty(SgdPenalty::L1).alpha(1e3),
            sgd().loss(SgdLoss::Perceptron).learning_rate(LearningRate::Pa1).loss(SgdLoss::Hinge),
            sgd().learning_rate(LearningRate::Pa2).eta0(1e300).penalty(SgdPenalty::None),
            sgd().loss(SgdLoss::Squared).learning_rate(LearningRate::InvScaling).eta0(1e-3),
            sgd().loss(SgdLoss::Huber).learning_rate(LearningRate::Adaptive).penalty(SgdPenalty::ElasticNet),
            sgd().loss(SgdLoss::EpsilonInsensitive).alpha(1e-300),
            sgd().loss(SgdLoss::SquaredEpsilonInsensitive).learning_rate(LearningRate::Constant).average(3),
            sgd().early_stopping(true).validation_fraction(1e-9).seed(u64::MAX),
            sgd().tol(None).max_iter(1).shuffle(false),
            Perceptron::new().max_iter(20),
            Perceptron::new().penalty(SgdPenalty::L1).alpha(1e6).max_iter(20).tol(Some(0.0)),
        ]
    );
    table!(all, |of| of.proba(), [sgd().loss(SgdLoss::Log), sgd().loss(SgdLoss::ModifiedHuber).average(1),]);
    let lda = LinearDiscriminantAnalysis::new;
    let qda = QuadraticDiscriminantAnalysis::new;
    table!(
        all,
        |of| of.proba(),
        [
            lda(),
            lda().tol(1e-15).priors(Priors::Uniform),
            lda().solver(DiscriminantSolver::Lsqr),
            lda().solver(DiscriminantSolver::Lsqr).shrinkage(Shrinkage::Auto),
            lda().solver(DiscriminantSolver::Eigen),
            lda().solver(DiscriminantSolver::Eigen).shrinkage(0.5).class_weight(ClassWeight::Balanced),
            lda().solver(DiscriminantSolver::Eigen).shrinkage(1.0),
            qda(),
            qda().reg_param(1.0),
            qda().shrinkage(Shrinkage::Auto).reg_param(1e-3),
            qda().shrinkage(1.0).class_weight(ClassWeight::Balanced),
        ]
    );
    table!(
        all,
        |of| of.proba().batches(),
        [
            GaussianNb::new(),
            GaussianNb::new().var_smoothing(0.0),
            GaussianNb::new().var_smoothing(1e300).priors(Priors::Uniform),
            MultinomialNb::new(),
            MultinomialNb::new().alpha(0.0),
            MultinomialNb::new().alpha(1e300).priors(Priors::Uniform),
            ComplementNb::new(),
            ComplementNb::new().alpha(0.0).norm(true),
            ComplementNb::new().alpha(1e300).norm(true),
            BernoulliNb::new(),
            BernoulliNb::new().alpha(0.0).binarize(Some(1.0)),
            BernoulliNb::new().alpha(1e300).binarize(None),
            CategoricalNb::new(),
            CategoricalNb::new().alpha(0.0).min_categories(5),
            CategoricalNb::new().alpha(1e300),
        ]
    );
    let tree = DecisionTreeClassifier::new;
    let forest = || RandomForestClassifier::new().n_trees(4);
    let exact = || GradientBoostingClassifier::new().max_iter(4);
    let near = NearestCentroid::new;
    let boosted = || HistGradientBoostingClassifier::new().max_iter(4).min_samples_leaf(3.0);
    table!(
        all,
        |of| of.proba(),
        [
            tree(),
            tree().criterion(ClassCriterion::Entropy).max_depth(Some(2)),
            tree().splitter(Splitter::Random).class_weight(ClassWeight::Balanced),
            tree().max_leaf_nodes(Some(3)).ccp_alpha(1e-3).monotonic_cst(vec![]),
            tree().min_weight_fraction_leaf(0.5).min_samples_leaf(0.1),
            ExtraTreeClassifier::new(),
            forest(),
            forest().oob_score(true).balanced_subsample(true),
            forest().bootstrap(false).max_features(1.0),
            ExtraTreesClassifier::new().n_trees(4),
            ExtraTreesClassifier::new().n_trees(4).bootstrap(true).max_samples(Some(0.1.into())),
            forest().splitter(ForestSplitter::Histogram),
            forest().splitter(ForestSplitter::Histogram).oob_score(true).class_weight(ClassWeight::Balanced),
            ExtraTreesClassifier::new().n_trees(4).splitter(ForestSplitter::Histogram),
            AdaBoostClassifier::new(tree().max_depth(Some(1))).n_estimators(5),
            AdaBoostClassifier::new(tree()).n_estimators(3).learning_rate(1e-9),
            AdaBoostClassifier::new(tree().max_depth(Some(2))).n_estimators(5).learning_rate(1e9),
            AdaBoostClassifier::new(GaussianNb::new()).n_estimators(3),
            AdaBoostClassifier::new(logistic().max_iter(5).class_weight(ClassWeight::Balanced))
                .n_estimators(3),
            exact(),
            exact().learning_rate(1e9).max_depth(None),
            exact().init(Init::Zero).subsample(0.5).max_features(1).n_iter_no_change(Some(1)),
            exact().min_samples_leaf(0.3).class_weight(ClassWeight::Balanced).ccp_alpha(1e-3),
            near(),
            near().metric(CentroidMetric::Manhattan),
            near().shrink_threshold(1e-9).standardize(true).priors(Priors::Uniform),
            near().shrink_threshold(1e300),
            boosted(),
            boosted().early_stopping(EarlyStopping::Always).class_weight(ClassWeight::Balanced),
            boosted().learning_rate(1e300).l1_regularization(1e300),
            boosted().min_hessian(0.0).growth(Growth::DepthWise).max_bins(2),
            KNeighborsClassifier::new().n_neighbors(1),
            KNeighborsClassifier::new().n_neighbors(2).weights(NeighborWeights::Distance),
            KNeighborsClassifier::new().n_neighbors(2).metric(Metric::Cosine),
            KNeighborsClassifier::new().n_neighbors(2).algorithm(estimand::neighbors::Algorithm::KdTree),
            RadiusNeighborsClassifier::new().outliers(Outliers::Overall),
            RadiusNeighborsClassifier::new().radius(1e300).weights(NeighborWeights::Distance),
        ]
    );
    table!(
        all,
        |of| of,
        [
            Svc::new(),
            Svc::new().c(1e300).max_iter(Some(1000)),
            Svc::new().c(1e-300).class_weight(ClassWeight::Balanced),
            Svc::new().kernel(Kernel::Linear).c(1e6).max_iter(Some(100_000)),
            Svc::new().kernel(Kernel::Polynomial).degree(9).max_iter(Some(100_000)),
            Svc::new().kernel(Kernel::Sigmoid).gamma(Gamma::Auto),
            Svc::new().gamma(Gamma::Value(1e-300)),
            Svc::new().gamma(Gamma::Value(1e300)),
            NuSvc::new().nu(0.1),
            LinearSvc::new(),
            LinearSvc::new().loss(LinearSvcLoss::Hinge).c(1e6),
            LinearSvc::new().c(1e-300).fit_intercept(false),
        ]
    );
    let process = || GaussianProcessClassifier::new().max_iter(5);
    table!(
        all,
        |of| of.proba(),
        [
            process(),
            process().optimize(false),
            process().kernel(Covariance::dot_product(1.0)).max_iter_predict(1),
            process().kernel(Covariance::matern(1.0, Smoothness::ThreeHalves) + Covariance::white(1e-3)),
            process().kernel(Covariance::constant(1e6) * Covariance::matern(1e-3, Smoothness::Half)),
            process().kernel(Covariance::rbf(1e300)).optimize(false),
        ]
    );
    macro_rules! calibrated {
        ($($settings:expr),* $(,)?) => {
            $(all.push(Box::new(Calibrated { name: stringify!($settings), settings: $settings }));)*
        };
    }
    let two = || StratifiedKFold::new(2);
    calibrated!(
        CalibratedClassifier::new(GaussianNb::new()).cv(two()),
        CalibratedClassifier::new(tree()).cv(two()).method(CalibrationMethod::Isotonic),
        CalibratedClassifier::new(ridge()).cv(two()).method(CalibrationMethod::Temperature),
        CalibratedClassifier::new(LinearSvc::new()).cv(KFold::new(2)).ensemble(false),
        CalibratedClassifier::new(Svc::new()).cv(two()).ensemble(false).method(CalibrationMethod::Isotonic),
        CalibratedClassifier::new(lda()).cv(two()).ensemble(false).method(CalibrationMethod::Temperature),
    );
    all
}

/// What must become of bad data.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    /// An error that says this.
    Refused(&'static str),
    /// Sound answers, or an error.
    Either,
}

struct Bad {
    name: &'static str,
    x: Array2<f64>,
    y: Array1<usize>,
    weights: Option<Array1<f64>>,
    due: Due,
}

fn noise(n: usize, p: usize) -> Array2<f64> {
    noise_of(n, p, (n * 31 + p) as u64)
}

/// Three classes around three centres, which overlap a little.
fn clusters(n: usize, p: usize) -> (Array2<f64>, Array1<usize>) {
    let y = Array1::from_shape_fn(n, |i| i % 3);
    let x = noise(n, p) * 1.5;
    let centre = |i: usize, j: usize| ((i % 3 + j) % 3) as f64;
    (Array2::from_shape_fn((n, p), |(i, j)| x[[i, j]] + centre(i, j)), y)
}

fn bad_data() -> Vec<Bad> {
    let mut all = Vec::new();
    let (x, y) = clusters(30, 3);
    let mut add = |name, x: &Array2<f64>, y: &Array1<usize>, weights: Option<Array1<f64>>, due| {
        all.push(Bad { name, x: x.clone(), y: y.clone(), weights, due })
    };
    let spoilt = |v: f64| {
        let mut x = x.clone();
        x[[7, 1]] = v;
        x
    };
    use Due::{Either, Refused};
    add("NaN", &spoilt(f64::NAN), &y, None, Refused("NaN at row 7, column 1"));
    add("infinity", &spoilt(f64::INFINITY), &y, None, Refused("inf at row 7, column 1"));
    add("minus infinity", &spoilt(f64::NEG_INFINITY), &y, None, Refused("-inf at row 7, column 1"));
    add("one value of 1e300", &spoilt(1e300), &y, None, Either);
    add("one value of 1e20", &spoilt(1e20), &y, None, Either);
    add("no rows", &Array2::zeros((0, 3)), &Array1::zeros(0), None, Refused("is empty"));
    add("no columns", &Array2::zeros((30, 0)), &y, None, Refused("is empty"));
    add("one row", &noise(1, 3), &array![4], None, Refused("two classes"));
    add("one class", &x, &Array1::ones(30), None, Refused("two classes"));
    add("two rows", &noise(2, 3), &array![0, 1], None, Either);
    add("two equal rows", &Array2::ones((2, 3)), &array![0, 1], None, Either);
    add("one column", &clusters(30, 1).0, &y, None, Either);
    add("a column of zeros", &(&x * &array![[1.0, 0.0, 1.0]]), &y, None, Either);
    add("a column of ones", &(&x * &array![[1.0, 0.0, 1.0]] + &array![[0.0, 1.0, 0.0]]), &y, None, Either);
    add("zeros", &Array2::zeros((30, 3)), &y, None, Either);
    add("equal rows", &Array2::from_elem((30, 3), 2.0), &y, None, Either);
    add("constant in each class", &y.mapv(|c| c as f64).insert_axis(Axis(1)), &y, None, Either);
    add("more columns than rows", &clusters(9, 40).0, &clusters(9, 40).1, None, Either);
    let rare = y.indexed_iter().map(|(i, c)| if i == 5 { 9 } else { *c }).collect();
    add("a class of one row", &x, &rare, None, Either);
    add("as many classes as rows", &x, &(0..30).collect(), None, Either);
    add("1 : 2000", &noise(2001, 2), &(0..2001).map(|i| usize::from(i == 9)).collect(), None, Either);
    let twice = ndarray::concatenate![Axis(0), x, x];
    let opposite = (0..60).map(|i| usize::from((i < 30) == (i % 2 == 0))).collect();
    add("opposite labels", &twice, &opposite, None, Either);
    let side = x.column(0).mapv(|v| usize::from(v > 1.0));
    let apart = Array2::from_shape_fn((30, 3), |(i, j)| x[[i, j]] + 10.0 * side[i] as f64);
    add("separable", &apart, &side, None, Either);
    add("sorted", &x, &(0..30).map(|i| i / 10).collect(), None, Either);
    for (name, scale) in [
        ("1e-300", 1e-300),
        ("1e-6", 1e-6),
        ("1e6", 1e6),
        ("1e150", 1e150),
        ("1e300", 1e300),
        ("5e-324", 5e-324),
    ] {
        add(name, &(&x * scale), &y, None, Either);
    }
    add("mixed scales", &(&x * &array![[1e-6, 1.0, 1e6]]), &y, None, Either);
    add("wildly mixed scales", &(&x * &array![[1e-200, 1.0, 1e200]]), &y, None, Either);
    add("far from zero", &(&x + 1e8), &y, None, Either);
    add("farther from zero", &(&x + 1e15), &y, None, Either);
    let ends = Array2::from_shape_fn((30, 2), |(i, j)| if (i + j) % 2 == 0 { f64::MAX } else { f64::MIN });
    add("the largest numbers", &ends, &y, None, Either);
    let weigh = |w: fn(usize) -> f64| Some(Array1::from_shape_fn(30, w));
    add("weights of 1e-300", &x, &y, weigh(|_| 1e-300), Either);
    add("weights of 5e-324", &x, &y, weigh(|_| 5e-324), Either);
    add("weights of 1e300", &x, &y, weigh(|_| 1e300), Either);
    add("weights of all sizes", &x, &y, weigh(|i| [1e-300, 1.0, 1e300, 0.0][i % 4]), Either);
    add("a class of weight 0", &x, &y, weigh(|i| if i % 3 == 1 { 0.0 } else { 1.0 }), Either);
    add("a class of weight 1e-300", &x, &y, weigh(|i| if i % 3 == 1 { 1e-300 } else { 1.0 }), Either);
    add("two rows with weight", &x, &y, weigh(|i| f64::from(u8::from(i < 2))), Either);
    add("one class with weight", &x, &y, weigh(|i| f64::from(u8::from(i % 3 == 0))), Refused("two classes"));
    add("negative weights", &x, &y, weigh(|i| 3.0 - i as f64), Refused("weight -1 of row 4"));
    add("NaN weights", &x, &y, weigh(|_| f64::NAN), Refused("weight NaN of row 0"));
    add("no weight", &x, &y, weigh(|_| 0.0), Refused("all are zero"));
    add("too few weights", &x, &y, Some(Array1::ones(29)), Refused("expected 30, found 29"));
    add("too few labels", &x, &Array1::zeros(29), None, Refused("expected 30, found 29"));
    all
}

/// Whole numbers of 0 or more, for estimators of counts.
fn counts(x: &Array2<f64>) -> Array2<f64> {
    x.mapv(|v| if v.is_finite() { (2.0 * v).abs().floor() } else { v })
}

/// Settings that read counts or categories, or whether there is something at all.
fn counts_only(subject: &dyn Subject) -> bool {
    ["Multinomial", "Complement", "Bernoulli", "Categorical"]
        .iter()
        .any(|name| subject.name().starts_with(name))
}

/// Puts every estimator to every set of bad data that is among `which`.
fn attack(which: impl Fn(&Bad) -> bool) {
    let mut failures = Failures::default();
    for bad in bad_data().into_iter().filter(which) {
        let (measured, counted) = (bad.x.clone(), counts(&bad.x));
        // A trial of a process costs the cube of the rows.
        let many = measured.nrows() > 60;
        for subject in subjects().into_iter().filter(|s| !(many && s.name().starts_with("process"))) {
            let x = if counts_only(&*subject) { &counted } else { &measured };
            let what = format!("{} on {}", subject.name(), bad.name);
            let data = weighed((x, &bad.y).into(), bad.weights.as_ref());
            let due = if subject.missing() && bad.name == "NaN" { Due::Either } else { bad.due };
            match (failures.watch(&what, || subject.double(data)), due) {
                (Some(Ok(_)), Due::Refused(why)) => failures.0.push(format!("{what}: no error, but {why}")),
                // One row is too few for folds, too.
                (Some(Err(_)), Due::Refused(_))
                    if bad.name == "one row" && what.starts_with("Calibrated") => {}
                (Some(Err(e)), Due::Refused(why)) if !e.to_string().contains(why) => {
                    failures.0.push(format!("{what}: `{e}` does not say `{why}`"));
                }
                _ => {}
            }
            if x.nrows() > 60 {
                continue;
            }
            let sparse = Csr::from_dense(x.view());
            let data = weighed((&sparse, &bad.y).into(), bad.weights.as_ref());
            failures.watch(&format!("{what}, sparse"), || subject.double(data));
            let (x, weights) = (x.mapv(|v| v as f32), bad.weights.as_ref().map(|w| w.mapv(|w| w as f32)));
            let data = weighed((&x, &bad.y).into(), weights.as_ref());
            failures.watch(&format!("{what}, f32"), || subject.single(data));
        }
    }
    failures.none();
}

fn weighed<'a, F: Float>(data: Data<'a, F>, weights: Option<&'a Array1<F>>) -> Data<'a, F> {
    weights.map_or(data, |w| data.with_weights(w))
}

#[test]
fn values_of_any_size_give_sound_answers_or_reasons() {
    attack(|bad| bad.weights.is_none() && bad.due == Due::Either);
}

#[test]
fn weights_of_any_size_give_sound_answers_or_reasons() {
    attack(|bad| bad.weights.is_some() && bad.due == Due::Either);
}

#[test]
fn every_classifier_refuses_bad_samples_in_the_same_words() {
    attack(|bad| bad.due != Due::Either);
}

#[test]
fn rows_one_by_one_and_folds_without_a_class_end_well() {
    let mut failures = Failures::default();
    for bad in bad_data() {
        let picked =
            ["two equal rows", "a class of one row", "sorted", "1e300", "a class of weight 0", "zeros"];
        if !picked.contains(&bad.name) {
            continue;
        }
        let counted = counts(&bad.x);
        for subject in subjects() {
            let x = if counts_only(&*subject) { &counted } else { &bad.x };
            let data = weighed((x, &bad.y).into(), bad.weights.as_ref());
            let what = format!("{} on {}", subject.name(), bad.name);
            failures.watch(&format!("{what}, row by row"), || subject.row_by_row(data));
            for scores in
                failures.watch(&format!("{what}, folds"), || subject.folds(data)).into_iter().flatten()
            {
                if scores.is_ok_and(|scores| scores.iter().any(|s| s.is_nan())) {
                    failures.0.push(format!("{what}: scores of folds are NaN"));
                }
            }
        }
    }
    failures.none();
}

#[test]
fn damaged_models_are_refused_or_harmless() {
    let (x, y) = clusters(9, 2);
    let x = counts(&x);
    let mut failures = Failures::default();
    let mut seen = std::collections::BTreeSet::new();
    for subject in subjects() {
        let Ok(file) = subject.file((&x, &y).into()) else { continue };
        // One of each model; of those that remember settings, one of each estimator.
        if seen.insert(format!("{}{}", file.model(), subject.name().split("()").next().unwrap_or_default())) {
            file.attack(&mut failures, 150);
        }
    }
    failures.none();
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let (x, y) = clusters(30, 3);
    let (x, mut failures) = (counts(&x), Failures::default());
    macro_rules! refuse {
        ($($what:literal: [$($settings:expr),* $(,)?]),* $(,)?) => {$($(
            failures.must_refuse(stringify!($settings), $settings.fit((&x, &y)), $what);
        )*)*};
    }
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let (logistic, ridge, sgd) = (LogisticRegression::new, RidgeClassifier::new, SgdClassifier::new);
    let (lda, qda) = (LinearDiscriminantAnalysis::new, QuadraticDiscriminantAnalysis::new);
    let exact = GradientBoostingClassifier::new;
    let given = |priors: &[f64]| Priors::from(priors.to_vec());
    refuse!(
        "`c`": [logistic().c(0.0), logistic().c(-1.0), logistic().c(nan)],
        "finite c": [logistic().c(inf).l1_ratio(1.0).solver(LogisticSolver::ProximalNewton)],
        "`l1_ratio`": [logistic().l1_ratio(1.5), logistic().l1_ratio(nan), sgd().l1_ratio(-0.1)],
        "with an L1 penalty": [logistic().l1_ratio(0.5).solver(LogisticSolver::Lbfgs), logistic().l1_ratio(1.0).solver(LogisticSolver::NewtonCholesky)],
        "`tol`": [logistic().tol(0.0), ridge().tol(0.0), ridge().tol(nan), sgd().tol(Some(-1.0)), lda().tol(-1.0), lda().tol(1.0), qda().tol(nan)],
        "`max_iter`": [logistic().max_iter(0), ridge().max_iter(0), sgd().max_iter(0), Perceptron::new().max_iter(0), LogisticRegressionCv::new().max_iter(0)],
        "`cs`": [LogisticRegressionCv::new().cs([]), LogisticRegressionCv::new().cs([1.0, 0.0]), LogisticRegressionCv::new().cs([nan])],
        "`l1_ratios`": [LogisticRegressionCv::new().l1_ratios([]), LogisticRegressionCv::new().l1_ratios([2.0])],
        "`n_splits`": [LogisticRegressionCv::new().cv(KFold::new(31)), RidgeClassifierCv::new().cv(StratifiedKFold::new(11)), RidgeClassifierCv::new().cv(KFold::new(1))],
        "`alphas`": [RidgeClassifierCv::new().alphas(vec![]), RidgeClassifierCv::new().alphas(vec![0.0]), RidgeClassifierCv::new().alphas(vec![1.0, inf])],
        "`alpha`": [ridge().alpha(-1.0), ridge().alpha(inf), sgd().alpha(nan), sgd().alpha(0.0), Perceptron::new().alpha(-1.0), MultinomialNb::new().alpha(-1.0), ComplementNb::new().alpha(nan), BernoulliNb::new().alpha(inf), CategoricalNb::new().alpha(-0.5)],
        "`eta0`": [sgd().eta0(0.0), Perceptron::new().eta0(inf)],
        "`epsilon`": [sgd().epsilon(-1.0)],
        "`power_t`": [sgd().power_t(nan)],
        "`n_iter_no_change`": [sgd().n_iter_no_change(0)],
        "`validation_fraction`": [sgd().validation_fraction(0.0), Perceptron::new().validation_fraction(1.0)],
        "`learning_rate`": [sgd().loss(SgdLoss::Log).learning_rate(LearningRate::Pa1), sgd().loss(SgdLoss::Perceptron).learning_rate(LearningRate::Pa2)],
        "`shrinkage`": [lda().solver(DiscriminantSolver::Lsqr).shrinkage(1.5), lda().solver(DiscriminantSolver::Eigen).shrinkage(nan), qda().shrinkage(-0.1),],
        "`n_components`": [lda().n_components(Some(0)), lda().n_components(Some(3)), lda().n_components(Some(usize::MAX))],
        "`reg_param`": [qda().reg_param(1.1), qda().reg_param(nan)],
        "`var_smoothing`": [GaussianNb::new().var_smoothing(-1e-9), GaussianNb::new().var_smoothing(inf)],
        "`binarize`": [BernoulliNb::new().binarize(Some(nan)), BernoulliNb::new().binarize(Some(-1.0))],
        "`min_categories`": [CategoricalNb::new().min_categories(vec![1, 2]), CategoricalNb::new().min_categories(usize::MAX)],
        "shrinkage with solver Svd": [lda().shrinkage(0.5), lda().shrinkage(Shrinkage::Auto)],
        "`n_estimators`": [AdaBoostClassifier::new(DecisionTreeClassifier::new()).n_estimators(0)],
        "`learning_rate`": [AdaBoostClassifier::new(GaussianNb::new()).learning_rate(nan), exact().learning_rate(0.0)],
        "`subsample`": [exact().subsample(0.0), exact().subsample(1.1)],
        "`n_iter_no_change`": [exact().n_iter_no_change(Some(0))],
        "`validation_fraction`": [exact().validation_fraction(1.0)],
        "loss": [exact().loss(ClassLoss::Exponential)],
        "`shrink_threshold`": [NearestCentroid::new().shrink_threshold(0.0), NearestCentroid::new().shrink_threshold(nan)],
        "priors": [NearestCentroid::new().metric(CentroidMetric::Manhattan).priors(Priors::Empirical)],
        "`max_iter_predict`": [GaussianProcessClassifier::new().max_iter_predict(0)],
        "`cv`": [CalibratedClassifier::new(GaussianNb::new()).cv(TimeSeriesSplit::new(2)).ensemble(false)],
        "`n_splits`": [CalibratedClassifier::new(GaussianNb::new()).cv(KFold::new(1)), CalibratedClassifier::new(GaussianNb::new()).cv(StratifiedKFold::new(11))],
        "only 0 and 1": [BernoulliNb::new().binarize(None)],
    );
    for bad in [&[0.5, 0.5][..], &[0.5, 0.4, 0.3], &[1.5, -0.5, 0.0], &[nan, 0.5, 0.5], &[]] {
        refuse!("`priors`": [
            lda().priors(given(bad)), qda().priors(given(bad)), GaussianNb::new().priors(given(bad)), MultinomialNb::new().priors(given(bad)),
            BernoulliNb::new().priors(given(bad)), CategoricalNb::new().priors(given(bad)),
        ]);
        refused(GaussianNb::new().priors(given(bad)).begin::<f64, _>(0..3, Features::unnamed(3)), "`priors`");
    }
    failures.none();
    // A class that cannot be has probability 0, and no more than that.
    macro_rules! impossible {
        ($($settings:expr),* $(,)?) => {$({
            let model = $settings.priors(given(&[0.0, 0.25, 0.75])).fit((&x, &y))?;
            assert!(model.predict_proba(&x)?.column(0).iter().all(|p| *p == 0.0), "{}", stringify!($settings));
        })*};
    }
    let check = || -> Result<()> {
        impossible!(
            qda().reg_param(0.1),
            GaussianNb::new(),
            MultinomialNb::new(),
            BernoulliNb::new(),
            CategoricalNb::new()
        );
        impossible!(lda(), lda().solver(DiscriminantSolver::Lsqr), lda().solver(DiscriminantSolver::Eigen));
        Ok(())
    };
    check().unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn class_weights_are_checked_by_every_classifier() {
    let (x, y) = clusters(30, 3);
    let x = counts(&x);
    macro_rules! each {
        ($($settings:ident),*) => {$(
            for (weights, what) in [
                (ClassWeight::of([("7", 2.0)]), "unknown label 7"),
                (ClassWeight::of([(0, 0.0)]), "`class_weight`"),
                (ClassWeight::of([(1, -1.0)]), "`class_weight`"),
                (ClassWeight::of([(2, f64::NAN)]), "`class_weight`"),
                (ClassWeight::of([(0, 1e308), (1, 1e308)]), "their sum exceeds"),
            ] {
                refused($settings::new().class_weight(weights).fit((&x, &y)), what);
            }
            // In single precision, a number that only double precision holds.
            let narrow = x.mapv(|v| v as f32);
            refused($settings::new().class_weight(ClassWeight::of([(0, 1e300)])).fit((&narrow, &y)), "f32");
            for extreme in [1e-300, 1e250] {
                if let Ok(model) = $settings::new().class_weight(ClassWeight::of([(0, extreme)])).fit((&x, &y)) {
                    assert!(model.decision_function(&x).is_ok_and(|z| z.iter().all(|z| z.is_finite())));
                }
            }
        )*};
    }
    each!(
        LogisticRegression,
        LogisticRegressionCv,
        RidgeClassifier,
        RidgeClassifierCv,
        SgdClassifier,
        Perceptron,
        LinearDiscriminantAnalysis,
        QuadraticDiscriminantAnalysis,
        GaussianNb,
        MultinomialNb,
        ComplementNb,
        BernoulliNb,
        CategoricalNb
    );
}

#[test]
fn batches_that_do_not_fit_are_refused_and_change_nothing() -> Result<()> {
    let (x, y) = clusters(30, 3);
    let (x, names) = (counts(&x), ["a", "b", "c"].map(String::from));
    macro_rules! each {
        ($($settings:expr),*) => {$({
            let (settings, none) = ($settings, Features::unnamed(3));
            refused(settings.begin::<f64, _>([1, 1], none.clone()), "number of classes");
            refused(settings.begin::<f64, usize>([], none.clone()), "number of classes");
            let balanced = settings.clone().class_weight(ClassWeight::Balanced);
            refused(balanced.begin::<f64, _>(0..3, none.clone()), "balanced class weights");
            let unknown = settings.clone().class_weight(ClassWeight::of([(9, 2.0)]));
            let early = unknown.begin::<f64, _>(0..3, none.clone()).and_then(|mut m| m.partial_fit((&x, &y)));
            refused(early, "unknown label 9");
            let mut model = settings.begin::<f64, _>([2, 0, 1, 0], Features::of(Records::from(&x).with_names(&names)))?;
            model.partial_fit(Samples::new(Records::from(&x).with_names(&names), y.view()))?;
            let before = model.clone();
            let ones = Array1::ones(30);
            refused(model.partial_fit((&x, &(&y + 1))), "unknown label 3");
            refused(model.partial_fit((&x.slice(s![.., ..2]), &y)), "columns");
            refused(model.partial_fit((&x.slice(s![..0, ..]), &y.slice(s![..0]))), "is empty");
            refused(model.partial_fit((&x, &y.slice(s![..7]))), "expected 30");
            refused(model.partial_fit((&x, &y, &(&ones - 2.0))), "weight -1");
            refused(model.partial_fit((&x, &y, &(&ones * 0.0))), "all are zero");
            let mut spoilt = x.clone();
            spoilt[[29, 2]] = f64::NAN;
            refused(model.partial_fit((&spoilt, &y)), "NaN at row 29, column 2");
            let swapped = ["b", "a", "c"].map(String::from);
            refused(model.partial_fit(Samples::new(Records::from(&x).with_names(&swapped), y.view())), "feature names");
            assert_eq!(model, before, "{}", stringify!($settings));
        })*};
    }
    each!(
        SgdClassifier::new(),
        SgdClassifier::new().penalty(SgdPenalty::L1).average(5),
        Perceptron::new(),
        GaussianNb::new(),
        MultinomialNb::new(),
        ComplementNb::new(),
        BernoulliNb::new(),
        CategoricalNb::new()
    );
    Ok(())
}

#[test]
fn labels_of_any_kind_and_starts_that_do_not_fit() -> Result<()> {
    fn every<L: estimand::core::Label>(x: &Array2<f64>, y: &Array1<L>) -> Result<()> {
        macro_rules! each {
            ($($settings:expr),*) => {$(
                let model = $settings.fit((x, y))?;
                assert!(model.classes().is_sorted(), "{}", stringify!($settings));
                assert!(accuracy(y, &model.predict(x)?)? > 0.75, "{}", stringify!($settings));
            )*};
        }
        each!(
            LogisticRegression::new(),
            LogisticRegression::new().l1_ratio(1.0),
            RidgeClassifierCv::new(),
            SgdClassifier::new(),
            Perceptron::new(),
            LinearDiscriminantAnalysis::new(),
            QuadraticDiscriminantAnalysis::new(),
            GaussianNb::new()
        );
        Ok(())
    }
    let (x, y) = clusters(60, 3);
    every(&x, &y.mapv(|c| ["", "ä\n", "zebra"][c].to_string()))?;
    every(&x, &y.mapv(|c| [i32::MAX, i32::MIN, 0][c]))?;
    every(&x, &y.mapv(|c| [u64::MAX, 0, 1 << 53][c]))?;
    every(&x, &y.mapv(|c| ['b', 'a', '\u{0}'][c]))?;
    every(&x, &y.mapv(|c| c == 1))?;

    let (first, other) = (LogisticRegression::new().fit((&x, &y))?, SgdClassifier::new().fit((&x, &y))?);
    let two = y.mapv(|c| c.min(1));
    for labels in [&two, &(&y + 1), &y.mapv(|c| c + usize::from(c == 2))] {
        refused(LogisticRegression::new().fit_from(&first, (&x, labels)), "");
        refused(LogisticRegression::new().l1_ratio(1.0).fit_from(&first, (&x, labels)), "class");
        refused(SgdClassifier::new().fit_from(&other, (&x, labels)), "");
    }
    refused(LogisticRegression::new().fit_from(&first, (&x.slice(s![.., ..2]), &y)), "columns");
    refused(SgdClassifier::new().fit_from(&other, (&x.slice(s![.., ..2]), &y)), "columns");
    // A start far from the minimum leads there all the same, or the report says that it did not.
    let wild = LogisticRegression::new().c(f64::INFINITY).fit((&(&x * 1e-9), &y))?;
    let settings = LogisticRegression::new().tol(1e-8);
    for ratio in [0.0, 0.5] {
        let settings = settings.clone().l1_ratio(ratio);
        let (found, expected) = (settings.fit_from(&wild, (&x, &y))?, settings.fit((&x, &y))?);
        let apart = (found.coef() - expected.coef()).iter().fold(0.0, |a: f64, d| a.max(d.abs()));
        assert!(
            expected.report().converged && (apart < 1e-4 || !found.report().converged),
            "{ratio}: {apart}"
        );
    }
    Ok(())
}

#[test]
fn searches_over_classifiers_survive_bad_candidates() -> Result<()> {
    let (x, y) = clusters(60, 3);
    let shrinkages = [Shrinkage::By(2.0), Shrinkage::By(0.5), Shrinkage::Auto];
    let lda = LinearDiscriminantAnalysis::new().solver(DiscriminantSolver::Lsqr);
    let found =
        GridSearch::new(grid!(StandardScaler::new().then(lda), last.shrinkage: shrinkages)).scoring(accuracy);
    assert_ne!(found.fit((&x, &y))?.results().best_index(), 0);
    let all_bad = GridSearch::new(grid!(MultinomialNb::new(), alpha: [0.0, 1.0])).scoring(accuracy);
    refused(all_bad.fit((&(&x - 10.0), &y)), "counts are 0 or more");
    let search = GridSearch::new(grid!(GaussianNb::new(), var_smoothing: [1e-9, 1e-3])).scoring(accuracy);
    refused(search.clone().cv(KFold::new(61)).fit((&x, &y)), "`n_splits`");
    // With one class in all rows, nothing can be chosen.
    refused(search.fit((&x, &Array1::from_elem(60, 3))), "two classes");
    Ok(())
}

#[test]
fn separable_classes_without_a_penalty_are_reported() -> Result<()> {
    let (x, _) = clusters(30, 3);
    let y = x.column(0).mapv(|v| v > 1.0);
    let three = x.column(0).mapv(|v| usize::from(v > 0.5) + usize::from(v > 1.5));
    for scale in [1e-6, 1.0, 1e6] {
        let x = &x * scale;
        let settings = LogisticRegression::new().c(f64::INFINITY);
        let (two, three) = (settings.fit((&x, &y))?, settings.fit((&x, &three))?);
        for report in [two.report(), three.report()] {
            assert!(!report.converged && !report.notes.is_empty(), "{scale}: {report}");
        }
        assert_eq!(two.predict(&x)?, y);
    }
    // What no plane parts has a minimum, at any scale whose squares are numbers.
    let y = Array1::from_shape_fn(30, |i| (x[[i, 1]] > 1.0) != (i % 7 == 0));
    let settings = LogisticRegression::new().c(f64::INFINITY);
    let expected = settings.fit((&x, &y))?.decision_function(&x)?;
    for scale in [1e-150, 1e-6, 1e6, 1e140] {
        let x = &x * scale;
        let found = settings.fit((&x, &y))?.decision_function(&x)?;
        // The default tolerance leaves errors of about 1e-4 in the scores.
        assert!((found - &expected).iter().all(|d| d.abs() < 1e-3), "{scale}");
    }
    Ok(())
}
