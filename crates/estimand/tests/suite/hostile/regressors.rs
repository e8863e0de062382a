//! Every regressor against every kind of hostile data, through the front door: each pair must give a right answer,
//! a clear error, or a report that says what is wrong; never a panic, nor NaN out of numbers without a word.

use super::{Failures, ModelFile, table};
use estimand::core::records::MatrixView;
use estimand::core::{Describe, Float, Matrix};
use estimand::ensemble::boosting::{EarlyStopping, ExactLoss, RegressionLoss, RowSampling};
use estimand::ensemble::{
    AdaBoostLoss, ForestSplitter, GradientBoostingRegressor, HistGradientBoostingQuantiles,
    HistGradientBoostingRanker,
};
use estimand::gaussian_process::{Inducing, Smoothness};
use estimand::linear::*;
use estimand::neighbors::Outliers;
use estimand::prelude::*;
use estimand::tree::Splitter;
use ndarray::ShapeBuilder;
use std::fmt::Debug;

/// What a fit gave: predictions for its own records, and the model's debugging form, which shows every field, its
/// report among them.
struct Answer {
    predicted: Vec<f64>,
    model: String,
}

impl Answer {
    fn new(model: &impl Debug, predicted: impl IntoIterator<Item = f64>) -> Self {
        Self { predicted: predicted.into_iter().collect(), model: format!("{model:?}") }
    }

    fn words(&self) -> Vec<String> {
        super::words(&self.model)
    }
}

/// How closely a regressor must fit a linear signal, whatever its scale, unless it says why not.
#[derive(Clone, Copy, PartialEq)]
enum Fits {
    /// As well as least squares: nothing of it depends on the scales of x and y.
    Closely,
    /// Not much worse than a constant: its penalty may be too strong or too weak for the scale.
    Somehow,
    /// The same, and with y its predictions are scaled.
    Scaled,
    /// Nothing is promised: steps or tolerances know no scale.
    Loosely,
}
use Fits::{Closely, Loosely, Scaled, Somehow};

type Data<'a, F> = Samples<'a, F, Array1<F>>;
type Learn<F> = Box<dyn Fn(Data<'_, F>) -> Result<Answer>>;
type Save<F> = Box<dyn for<'a> Fn(Data<'a, F>) -> Result<ModelFile<'a>>>;

struct Subject<F: Float> {
    name: String,
    fits: Fits,
    /// Whether NaN among the columns means *missing*.
    missing: bool,
    learn: Learn<F>,
    save: Option<Save<F>>,
}

fn called(settings: &impl Describe) -> String {
    let changed = settings.parameters().into_iter().filter(|p| !p.default.ends_with(&p.value));
    let list: Vec<String> = changed.map(|p| format!("{}={}", p.name, p.value)).collect();
    format!("{}({})", settings.name(), list.join(" "))
}

/// A regressor of one output.
fn one<F: Float, E, M>(fits: Fits, settings: E) -> Subject<F>
where
    E: Fit<F, Array1<F>, Model = M> + Describe + Clone + 'static,
    M: Predict<F, Output = Array1<F>> + Persist + Debug,
{
    let (name, missing, saved) = (called(&settings), settings.capabilities().missing, settings.clone());
    let learn = move |samples: Data<'_, F>| {
        let model = settings.fit_samples(samples)?;
        Ok(Answer::new(&model, model.predict_records(samples.x)?.iter().map(|v| v.f64())))
    };
    Subject { name, fits, missing, learn: Box::new(learn), save: save(saved) }
}

/// Saves the model that settings give.
fn save<F: Float, E, M>(settings: E) -> Option<Save<F>>
where
    E: Fit<F, Array1<F>, Model = M> + 'static,
    M: Predict<F> + Persist,
{
    Some(Box::new(move |samples| {
        ModelFile::new(&settings.fit_samples(samples)?, move |model: &M| {
            model.predict_records(samples.x).map(drop)
        })
    }))
}

/// A regressor of several outputs, given the target and its negative.
fn two<F: Float, E, M>(fits: Fits, settings: E) -> Subject<F>
where
    E: Fit<F, Array2<F>, Model = M> + Describe + 'static,
    M: Predict<F, Output = Array2<F>> + Debug,
{
    let (name, missing) = (format!("{} of two targets", called(&settings)), settings.capabilities().missing);
    let learn =
        move |samples: Data<'_, F>| {
            let y = Array2::from_shape_fn((samples.y.len(), 2), |(i, k)| {
                if k == 0 { samples.y[i] } else { -samples.y[i] }
            });
            let tasks = Samples { weights: samples.weights, ..Samples::new(samples.x, y.view()) };
            let model = settings.fit_samples(tasks)?;
            let predicted = model.predict_records(samples.x)?;
            for row in predicted.rows() {
                assert!(
                    (row[0] + row[1]).abs() <= F::of(1e-3) * row[0].abs().max(F::min_positive_value())
                        || !row[0].is_finite(),
                    "outputs {row}"
                );
            }
            Ok(Answer::new(&model, predicted.column(0).iter().map(|v| v.f64())))
        };
    Subject { name, fits, missing, learn: Box::new(learn), save: None }
}

/// What is not a [`Fit`] of all columns.
fn other<F: Float>(name: &str, learn: impl Fn(Data<'_, F>) -> Result<Answer> + 'static) -> Subject<F> {
    Subject { name: name.into(), fits: Loosely, missing: false, learn: Box::new(learn), save: None }
}

/// The first column of dense records, which isotonic regression takes.
fn isotonic<F: Float>(settings: IsotonicRegression) -> Subject<F> {
    other(&called(&settings.clone()), move |samples| {
        let MatrixView::Dense(x) = samples.x.values() else {
            return settings.fit_samples(samples).map(|model: IsotonicModel<F>| Answer::new(&model, []));
        };
        let x = x.slice(s![.., ..1.min(x.ncols())]);
        let part = samples.with_x(x.into());
        let model: IsotonicModel<F> = settings.fit_samples(part)?;
        Ok(Answer::new(&model, model.predict(x)?.iter().map(|v| v.f64())))
    })
}

fn subjects<F: Float>() -> Vec<Subject<F>> {
    linear().into_iter().chain(trees()).chain(by_distance()).chain(several()).collect()
}

fn trees<F: Float>() -> Vec<Subject<F>> {
    let boosted = || HistGradientBoostingRegressor::new().max_iter(20).min_samples_leaf(3.0);
    let exact = || GradientBoostingRegressor::new().max_iter(20);
    vec![
        one(Closely, DecisionTreeRegressor::new()),
        two(Closely, DecisionTreeRegressor::new()),
        one(Closely, DecisionTreeRegressor::new().splitter(Splitter::Random)),
        one(Closely, DecisionTreeRegressor::new().criterion(RegressionCriterion::AbsoluteError)),
        one(Scaled, DecisionTreeRegressor::new().criterion(RegressionCriterion::Quantile(0.5))),
        one(Scaled, DecisionTreeRegressor::new().criterion(RegressionCriterion::Poisson)),
        one(Somehow, DecisionTreeRegressor::new().max_depth(Some(2)).ccp_alpha(1e-3)),
        one(Somehow, DecisionTreeRegressor::new().max_leaf_nodes(Some(6)).min_samples_leaf(2)),
        one(Scaled, DecisionTreeRegressor::new().min_weight_fraction_leaf(0.1).monotonic_cst(vec![])),
        one(Closely, ExtraTreeRegressor::new()),
        one(Scaled, RandomForestRegressor::new().n_trees(8)),
        two(Somehow, RandomForestRegressor::new().n_trees(8).oob_score(true)),
        one(Closely, ExtraTreesRegressor::new().n_trees(8)),
        one(Scaled, ExtraTreesRegressor::new().n_trees(8).bootstrap(true).max_samples(Some(0.5.into()))),
        one(Scaled, RandomForestRegressor::new().n_trees(8).splitter(ForestSplitter::Histogram)),
        two(Somehow, ExtraTreesRegressor::new().n_trees(8).splitter(ForestSplitter::Histogram)),
        one(Scaled, AdaBoostRegressor::new(DecisionTreeRegressor::new()).n_estimators(5)),
        one(
            Scaled,
            AdaBoostRegressor::new(DecisionTreeRegressor::new())
                .n_estimators(5)
                .loss(AdaBoostLoss::Square)
                .bootstrap(false),
        ),
        one(
            Loosely,
            AdaBoostRegressor::new(LinearRegression::new()).n_estimators(5).loss(AdaBoostLoss::Exponential),
        ),
        one(
            Somehow,
            AdaBoostRegressor::new(DecisionTreeRegressor::new().max_depth(Some(2)))
                .n_estimators(5)
                .learning_rate(1e9),
        ),
        one(Scaled, exact()),
        one(Scaled, exact().loss(ExactLoss::Absolute)),
        one(Somehow, exact().loss(ExactLoss::Huber(0.9)).subsample(0.5)),
        one(Scaled, exact().loss(ExactLoss::Quantile(0.5)).max_features(1)),
        one(Somehow, exact().n_iter_no_change(Some(2)).max_depth(None)),
        one(Somehow, boosted()),
        one(Somehow, boosted().early_stopping(EarlyStopping::Always)),
        one(Somehow, boosted().loss(RegressionLoss::Absolute)),
        one(Somehow, boosted().loss(RegressionLoss::Huber(1.0))),
        one(Somehow, boosted().loss(RegressionLoss::Quantile(0.5))),
        one(Somehow, boosted().loss(RegressionLoss::Poisson)),
        one(Somehow, boosted().loss(RegressionLoss::Gamma)),
        one(Somehow, boosted().loss(RegressionLoss::Tweedie(1.5))),
        one(Loosely, boosted().l1_regularization(1.0).l2_regularization(1.0)),
        one(Somehow, boosted().row_sampling(RowSampling::Share(0.5)).max_features(0.5)),
        one(Loosely, boosted().row_sampling(RowSampling::Goss { top: 0.3, other: 0.3 })),
    ]
}

/// Those that say more than one number of each row, or learn from more than one number.
fn several<F: Float>() -> Vec<Subject<F>> {
    let rising = |rows: &Array2<F>| {
        assert!(rows.rows().into_iter().all(|row| row.to_vec().is_sorted()), "quantiles that fall");
        rows.column(rows.ncols() / 2).mapv(|v| v.f64())
    };
    let ranker = |samples: Data<'_, F>| {
        let groups = Array1::from_shape_fn(samples.nrows(), |i| i % 4);
        let grades =
            samples.y.mapv(|v| if v.is_finite() { F::of(f64::from(u8::from(v > F::of(3.0)))) } else { v });
        let data = Samples::new(samples.x, grades.view()).with_groups(&groups);
        let data = Samples { weights: samples.weights, ..data };
        let model = HistGradientBoostingRanker::new().max_iter(5).min_samples_leaf(2.0).fit(data)?;
        Ok(Answer::new(&model, model.predict_records(samples.x)?.iter().map(|v| v.f64())))
    };
    vec![
        Subject {
            missing: true,
            ..other("quantile booster", move |samples| {
                let settings = HistGradientBoostingQuantiles::new().max_iter(5).min_samples_leaf(3.0);
                let model = settings.fit_samples(samples)?;
                Ok(Answer::new(&model, rising(&model.predict_records(samples.x)?)))
            })
        },
        Subject { missing: true, ..other("ranker", ranker) },
        Subject {
            missing: true,
            ..other("quantile forest", move |samples| {
                let model = RandomForestRegressor::new().n_trees(4).fit_quantiles(samples)?;
                rising(&model.intervals(samples.x, 0.9)?);
                Ok(Answer::new(&model, rising(&model.quantiles(samples.x, &[0.0, 0.5, 1.0])?)))
            })
        },
    ]
}

fn by_distance<F: Float>() -> Vec<Subject<F>> {
    let process = || GaussianProcessRegressor::new().max_iter(5);
    let sparse = || SparseGaussianProcessRegressor::new().max_iter(5).inducing(5);
    vec![
        one(Scaled, KNeighborsRegressor::new()),
        two(Scaled, KNeighborsRegressor::new().n_neighbors(2)),
        one(Closely, KNeighborsRegressor::new().n_neighbors(1)),
        one(Scaled, KNeighborsRegressor::new().weights(NeighborWeights::Distance)),
        one(Scaled, KNeighborsRegressor::new().metric(Metric::Chebyshev)),
        one(Loosely, RadiusNeighborsRegressor::new().outliers(Outliers::Overall)),
        one(Loosely, RadiusNeighborsRegressor::new().radius(0.1)),
        one(Loosely, Svr::new()),
        one(Loosely, Svr::new().c(1e6).epsilon(0.0).kernel(Kernel::Linear).max_iter(Some(2000))),
        one(Loosely, Svr::new().c(1e-6).kernel(Kernel::Polynomial)),
        one(Loosely, Svr::new().kernel(Kernel::Sigmoid).max_iter(Some(50))),
        one(Loosely, NuSvr::new()),
        one(Loosely, LinearSvr::new()),
        one(Loosely, LinearSvr::new().c(1e6).epsilon(0.1)),
        one(Loosely, process()),
        two(Loosely, process().normalize_y(true)),
        one(Loosely, process().optimize(false).kernel(Covariance::rbf(1e-3) + Covariance::white(1.0))),
        one(
            Loosely,
            process().kernel(Covariance::dot_product(1.0) + Covariance::white(1e-3)).normalize_y(true),
        ),
        one(
            Loosely,
            process().kernel(Covariance::constant(1e300) * Covariance::matern(1e-9, Smoothness::FiveHalves)),
        ),
        one(Loosely, sparse()),
        one(Loosely, sparse().inducing(1).normalize_y(true)),
        one(Loosely, sparse().optimize(false).inducing(Inducing::Count(40)).kernel(Covariance::rbf(1e9))),
        one(Loosely, KernelRidge::new()),
        two(Loosely, KernelRidge::new().kernel(Kernel::Rbf).alpha(0.0)),
        one(Loosely, KernelRidge::new().kernel(Kernel::Rbf).gamma(Gamma::Value(1e-3)).alpha(1e-9)),
    ]
}

fn linear<F: Float>() -> Vec<Subject<F>> {
    let folds = KFold::new(3);
    let mut subjects = vec![
        one(Closely, LinearRegression::new()),
        two(Closely, LinearRegression::new()),
        one(Scaled, LinearRegression::new().fit_intercept(false)),
        one(Scaled, LinearRegression::new().positive(true)),
        one(Scaled, Ridge::new()),
        one(Closely, Ridge::new().alpha(0.0)),
        one(Scaled, Ridge::new().alpha(f64::MAX)),
        one(Scaled, RidgeCv::new()),
        two(Scaled, RidgeCv::new().alpha_per_target(true)),
        one(Scaled, RidgeCv::new().cv(folds.clone())),
        one(Scaled, RidgeCv::new().alphas(vec![5e-324, 1e300])),
        one(Somehow, BayesianRidge::new()),
        one(Somehow, ArdRegression::new()),
        one(Somehow, Lasso::new()),
        one(Somehow, Lasso::new().alpha(1e-3)),
        one(Closely, Lasso::new().alpha(0.0)),
        one(Somehow, Lasso::new().alpha(f64::MAX)),
        one(Somehow, Lasso::new().alpha(1e-3).positive(true)),
        one(Somehow, Lasso::new().alpha(1e-3).max_iter(1)),
        one(Somehow, ElasticNet::new().alpha(1e-3)),
        one(Somehow, ElasticNet::new().alpha(1e-3).l1_ratio(0.0)),
        one(Somehow, ElasticNet::new().alpha(1e-3).l1_ratio(1.0)),
        one(Scaled, LassoCv::new().alphas(10).cv(folds.clone())),
        one(Somehow, LassoCv::new().alphas([0.0, 1.0]).cv(folds.clone())),
        one(Scaled, ElasticNetCv::new().alphas(10).l1_ratio([0.1, 1.0]).cv(folds.clone())),
        two(Somehow, MultiTaskLasso::new().alpha(1e-3)),
        two(Somehow, MultiTaskElasticNet::new().alpha(1e-3)),
        two(Scaled, MultiTaskLassoCv::new().alphas(5).cv(folds.clone())),
        two(Somehow, MultiTaskElasticNetCv::new().alphas(5).cv(folds.clone())),
        one(Closely, Lars::new()),
        one(Scaled, Lars::new().n_nonzero_coefs(1)),
        two(Closely, Lars::new()),
        one(Somehow, LassoLars::new()),
        one(Closely, LassoLars::new().alpha(0.0)),
        one(Scaled, LassoLarsIc::new()),
        one(Scaled, LassoLarsIc::new().criterion(PathCriterion::Bic)),
        one(Scaled, LarsCv::new().cv(folds.clone())),
        one(Scaled, LassoLarsCv::new().cv(folds.clone())),
        one(Closely, OrthogonalMatchingPursuit::new().n_nonzero_coefs(Some(3))),
        one(Somehow, OrthogonalMatchingPursuit::new().tol(Some(0.0))),
        one(Scaled, OrthogonalMatchingPursuitCv::new().cv(folds.clone())),
        one(Loosely, SgdRegressor::new()),
        one(Loosely, SgdRegressor::new().loss(SgdRegressorLoss::Huber).max_iter(20)),
        one(Loosely, SgdRegressor::new().penalty(SgdPenalty::L1).average(1).max_iter(20)),
        one(Loosely, SgdRegressor::new().early_stopping(true)),
        one(Somehow, HuberRegressor::new()),
        one(Scaled, HuberRegressor::new().alpha(0.0)),
        one(Somehow, HuberRegressor::new().fit_intercept(false)),
        one(Somehow, QuantileRegressor::new()),
        one(Closely, QuantileRegressor::new().alpha(0.0)),
        one(Scaled, RansacRegressor::new(LinearRegression::new())),
        one(Scaled, RansacRegressor::new(Ridge::new()).min_samples(Some(2))),
        one(Scaled, TheilSenRegressor::new().max_subpopulation(300)),
        isotonic(IsotonicRegression::new().out_of_bounds(OutOfBounds::Clip)),
        isotonic(IsotonicRegression::new().out_of_bounds(OutOfBounds::Clip).direction(Direction::Auto)),
        one(Somehow, PoissonRegressor::new()),
        one(Scaled, PoissonRegressor::new().alpha(0.0)),
        one(Scaled, GammaRegressor::new().alpha(0.0)),
        one(Scaled, InverseGaussianRegressor::new().alpha(0.0)),
        one(Somehow, TweedieRegressor::new().power(1.5).alpha(1e-3)),
        one(Scaled, TweedieRegressor::new().alpha(0.0)),
    ];
    subjects.push(other("summary of least squares", |samples| {
        let summary = LinearRegression::new().summarize(samples)?;
        Ok(Answer::new(&summary, []))
    }));
    subjects.push(other("summary of gamma regression", |samples| {
        let summary = GammaRegressor::new().alpha(0.0).summarize(samples)?;
        Ok(Answer::new(&summary, []))
    }));
    subjects.push(other("lasso_path", |samples| {
        let path: Path<F> = lasso_path(samples, &PathOptions::new().alphas(5))?;
        let last = path.model(4).map(|model| model.predict_records(samples.x)).transpose()?;
        Ok(Answer::new(&path, last.iter().flatten().map(|v| v.f64())))
    }));
    subjects.push(other("gamma regression with exposure", |samples| {
        let exposure = samples.y.mapv(|v: F| v.abs());
        let model = GammaRegressor::new().fit_with_exposure(samples, &exposure)?;
        let predicted = model.predict_with_exposure(samples.x, &exposure)?;
        Ok(Answer::new(&model, predicted.iter().map(|v| v.f64())))
    }));
    subjects
}

/// What the data are like.
enum Expected {
    /// Numbers, with a linear signal in every part that counts.
    Signal,
    /// Numbers, no column of which says anything of the target.
    Bare,
    /// A row that only those who square their errors follow.
    Outlier,
    /// Numbers: anything finite or refused.
    Numbers,
    /// The error's words.
    Refused(&'static str),
}
use Expected::{Bare, Numbers, Outlier, Refused, Signal};

struct Case<F> {
    name: String,
    x: Matrix<F>,
    y: Array1<F>,
    weights: Option<Array1<F>>,
    expected: Expected,
}

/// Positive targets with a linear signal.
fn signal(x: &Array2<f64>) -> Array1<f64> {
    let noise = table(x.nrows(), 1, 77);
    x.column(0).mapv(|v| 3.0 + 2.0 * v) - x.column(x.ncols() - 1) + noise.column(0).mapv(|v| 0.05 * v)
}

fn cases<F: Float>() -> Vec<Case<F>> {
    let x = table(40, 3, 5);
    let y = signal(&x);
    // The ends of the range of numbers, and of that of their squares.
    let (huge, large, small, tiny, subnormal) = match F::NAME {
        "f32" => (1e37, 1e18, 1e-20, 1e-37, 1e-42),
        _ => (1e300, 1e150, 1e-165, 1e-300, 1e-315),
    };
    let mut cases = Vec::new();
    let mut add = |name: &str, x: &Array2<f64>, y: &Array1<f64>, w: Option<Array1<f64>>, expected| {
        cases.push(Case {
            name: name.into(),
            x: Matrix::Dense(x.mapv(F::of)),
            y: y.mapv(F::of),
            weights: w.map(|w| w.mapv(F::of)),
            expected,
        });
    };
    add("plain", &x, &y, None, Signal);
    for k in [1, 2, 3] {
        add(
            &format!("{k} rows"),
            &x.slice(s![..k, ..]).to_owned(),
            &y.slice(s![..k]).to_owned(),
            None,
            Numbers,
        );
    }
    add("one column", &x.slice(s![.., ..1]).to_owned(), &x.column(0).mapv(|v| v + 3.0), None, Signal);
    let wide = table(6, 15, 9);
    add("fewer rows than columns", &wide, &signal(&wide), None, Numbers);
    add("constant columns", &Array2::from_elem((40, 3), 2.5), &y, None, Bare);
    add("columns of zeros", &Array2::zeros((40, 3)), &y, None, Bare);
    for constant in [3.0, 1e-9, huge, tiny, subnormal] {
        add(&format!("target {constant:e}"), &x, &Array1::from_elem(40, constant), None, Signal);
    }
    add("target zero", &x, &Array1::zeros(40), None, Numbers);
    add("negative target", &x, &y.mapv(|v| -v), None, Signal);
    add("columns that are equal", &x.select(Axis(1), &[0, 2, 0, 2, 2]), &y, None, Signal);
    add(
        "rows that are equal",
        &x.select(Axis(0), &[0, 1, 2, 3, 4].repeat(8)),
        &y.select(Axis(0), &[0, 1, 2, 3, 4].repeat(8)),
        None,
        Signal,
    );
    add("rows that contradict", &x.select(Axis(0), &[0; 40]), &y, None, Bare);
    for scale in [1e6, 1e-6, huge, large, small, tiny, subnormal] {
        add(&format!("x times {scale:e}"), &(&x * scale), &y, None, Signal);
        add(&format!("y times {scale:e}"), &x, &(&y * scale), None, Signal);
        add(&format!("x and y times {scale:e}"), &(&x * scale), &(&y * scale), None, Signal);
        add(&format!("weights {scale:e}"), &x, &y, Some(Array1::from_elem(40, scale)), Signal);
        let mut weights = Array1::ones(40);
        weights[3] = scale;
        add(&format!("one weight {scale:e}"), &x, &y, Some(weights), Numbers);
        let mut outlier = x.clone();
        outlier[[7, 1]] = scale;
        add(&format!("one value {scale:e}"), &outlier, &y, None, Outlier);
        let mut outlier = y.clone();
        outlier[7] = scale;
        add(&format!("one target {scale:e}"), &x, &outlier, None, Numbers);
    }
    add("columns of all scales", &(&x * &array![large, 1.0, small]), &y, None, Signal);
    add("far from zero", &(&x + 1e4), &(&y + 1e4), None, Signal);
    add("further from zero", &(&x + 1e12), &(&y + 1e12), None, Numbers);
    for kept in [1, 2, 4] {
        let weights = Array1::from_shape_fn(40, |i| if i % 9 == 0 && i / 9 < kept { 1.0 } else { 0.0 });
        add(&format!("{kept} rows with weight"), &x, &y, Some(weights), Numbers);
    }

    add("no rows", &Array2::zeros((0, 3)), &Array1::zeros(0), None, Refused(") is empty"));
    add("no columns", &Array2::zeros((40, 0)), &y, None, Refused("x (40 × 0) is empty"));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let (mut bad, mut target) = (x.clone(), y.clone());
        bad[[31, 0]] = value;
        target[31] = value;
        add(&format!("{value} in x"), &bad, &y, None, Refused("row 31, column 0"));
        add(&format!("{value} in y"), &x, &target, None, Refused("row 31"));
        add(
            &format!("weight {value}"),
            &x,
            &y,
            Some(target.mapv(|v| v.abs() * value.signum())),
            Refused("weight"),
        );
    }
    add("short y", &x, &y.slice(s![1..]).to_owned(), None, Refused("length of y: expected 40, found 39"));
    add("short weights", &x, &y, Some(Array1::ones(39)), Refused("sample weights: expected 40, found 39"));
    add("no weight", &x, &y, Some(Array1::zeros(40)), Refused("all are zero"));
    add(
        "a negative weight",
        &x,
        &y,
        Some(Array1::from_shape_fn(40, |i| 5.0 - i as f64)),
        Refused("weight -1 of row 6"),
    );
    cases
}

fn samples<F: Float>(case: &Case<F>) -> Samples<'_, F, Array1<F>> {
    let weights = case.weights.as_ref().map(|w| w.view());
    Samples { weights, ..Samples::new((&case.x).into(), case.y.view()) }
}

/// What is wrong with the outcome of a fit; `plain` is that on harmless data.
fn wrong<F: Float>(subject: &Subject<F>, case: &Case<F>, plain: &Answer) -> Option<String> {
    let mut failures = Failures::default();
    let Some(outcome) = failures.watch("", || (subject.learn)(samples(case))) else {
        return failures.0.pop();
    };
    if subject.missing && case.name == "NaN in x" {
        return outcome.err().map(|error| format!("missing values are refused: {error}"));
    }
    let found = match (&case.expected, outcome) {
        (Refused(words), Err(error)) => {
            let message = error.to_string();
            return (!message.contains(words)).then(|| format!("`{message}` does not say `{words}`"));
        }
        (Refused(words), Ok(_)) => return Some(format!("accepted, instead of `{words}`")),
        (_, Err(_)) => return None,
        (_, Ok(found)) => found,
    };
    if let Some(i) = found.predicted.iter().position(|v| !v.is_finite()) {
        return Some(format!("predicts {} for row {i}", found.predicted[i]));
    }
    let usual = plain.words();
    if found.words().iter().any(|word| !usual.contains(word)) {
        return None;
    }
    // Of what is fitted without error, statistics are 0/0; a row that all trees have seen is predicted by none.
    if !["summary", "oob_score"].iter().any(|word| subject.name.contains(word))
        && let Some(at) = found.model.find("NaN")
    {
        let before: String = found.model[..at].chars().rev().take(90).collect();
        return Some(format!("holds NaN: …{}", before.chars().rev().collect::<String>()));
    }
    let r2 = r2_of(case, &found)?;
    let least = match (&case.expected, subject.fits) {
        (Signal | Outlier, Closely) => 0.9,
        (Signal | Bare, Somehow | Scaled | Closely) if !subject.name.contains("fit_intercept=false") => -0.6,
        _ => f64::NEG_INFINITY,
    };
    if r2 < least {
        return Some(format!("explains {r2} of the variance without a word"));
    }
    let scale = case.name.strip_prefix("y times ").map(|s| s.parse::<f64>().unwrap_or(f64::NAN))?;
    let apart = found.predicted.iter().zip(&plain.predicted).map(|(a, b)| (a / scale - b).abs());
    let apart = apart.fold(0.0, f64::max);
    (matches!(subject.fits, Closely | Scaled) && apart > 1e-4 + 1e5 * grain::<F>(scale))
        .then(|| format!("predictions are {apart} from those of y itself without a word"))
}

/// The distance of neighbouring numbers next to 0, as a share of `scale`.
fn grain<F: Float>(scale: f64) -> f64 {
    F::min_positive_value().f64() * F::epsilon().f64() / scale
}

/// The share of the variance that predictions explain: of Σ ω y² for a model that has no intercept.
fn r2_of<F: Float>(case: &Case<F>, found: &Answer) -> Option<f64> {
    if found.predicted.len() != case.y.len() {
        return None;
    }
    let largest = case.y.iter().fold(0.0, |max: f64, y| max.max(y.f64().abs())).max(5e-324);
    let weight = |i: usize| {
        case.weights.as_ref().map_or(1.0, |w| w[i].f64() / w.iter().fold(0.0, |a: f64, b| a.max(b.f64())))
    };
    let y = |i: usize| case.y[i].f64() / largest;
    let sum = |f: &dyn Fn(usize) -> f64| (0..case.y.len()).map(|i| weight(i) * f(i)).sum::<f64>();
    let mean = sum(&y) / sum(&|_| 1.0);
    let left = sum(&|i| (y(i) - found.predicted[i] / largest).powi(2));
    let all = sum(&|i| (y(i) - mean).powi(2));
    // A constant target leaves nothing to explain but rounding.
    let rounding = (100.0 * (F::epsilon().f64() + grain::<F>(largest))).powi(2) * sum(&|i| y(i).powi(2));
    Some(1.0 - left / all.max(rounding))
}

fn attack<F: Float>() {
    let (subjects, cases) = (subjects::<F>(), cases::<F>());
    let mut failures = Vec::new();
    for subject in &subjects {
        let Ok(plain) = (subject.learn)(samples(&cases[0])) else {
            failures.push(format!("{} refuses harmless data", subject.name));
            continue;
        };
        let found = cases.iter().filter_map(|case| Some((case, wrong(subject, case, &plain)?)));
        failures.extend(found.map(|(case, what)| format!("{} on {}: {what}", subject.name, case.name)));
    }
    assert!(failures.is_empty(), "{} pairs:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn no_data_break_a_regressor() {
    attack::<f64>();
}

#[test]
fn no_data_break_a_regressor_of_single_precision() {
    attack::<f32>();
}

/// Predictions of two outcomes that must be the same, or refusals both.
fn same(what: &str, a: Result<Vec<f64>>, b: Result<Vec<f64>>, tolerance: f64) -> Option<String> {
    match (a, b) {
        (Ok(a), Ok(b)) => {
            let apart = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            (a.len() != b.len() || apart > tolerance).then(|| format!("{what}: {apart} apart"))
        }
        (Err(_), Err(_)) => None,
        (Ok(_), Err(e)) | (Err(e), Ok(_)) => Some(format!("{what}: one is refused: {e}")),
    }
}

#[test]
fn rows_without_weight_are_absent() {
    let x = table(30, 3, 5);
    let y = signal(&x);
    let mut failures = Vec::new();
    for kept in [vec![3], vec![3, 20], vec![0, 7, 8], (5..25).collect::<Vec<_>>()] {
        let weights = Array1::from_shape_fn(30, |i| if kept.contains(&i) { 2.0 } else { 0.0 });
        // What is absent may be as strange as it likes.
        let mut strange = x.clone();
        (0..30).filter(|i| !kept.contains(i)).for_each(|i| strange[[i, 1]] *= 1e3);
        let (part, rest) = (x.select(Axis(0), &kept), y.select(Axis(0), &kept));
        let two = Array1::from_elem(kept.len(), 2.0);
        // Folds and random draws count absent rows; what is asked of all rows is refused for one that is far off.
        let counts = [
            "cv=KFold",
            "Cv(",
            "Sgd",
            "Ransac",
            "TheilSen",
            "early_stopping",
            "row_sampling",
            "radius=0.1",
            "subsample",
            "n_iter_no_change",
            "ranker",
        ];
        for subject in subjects::<f64>().iter().filter(|s| !counts.iter().any(|word| s.name.contains(word))) {
            let whole = (subject.learn)((&strange, &y, &weights).into());
            let part = (subject.learn)((&part, &rest, &two).into());
            let whole = whole.map(|a| {
                if a.predicted.is_empty() {
                    Vec::new()
                } else {
                    kept.iter().map(|i| a.predicted[*i]).collect()
                }
            });
            let what = format!("{} on {} rows of 30", subject.name, kept.len());
            failures.extend(same(&what, whole, part.map(|a| a.predicted), 1e-5));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn layouts_and_stored_zeros_change_nothing() {
    let mut x = table(30, 4, 5);
    x.mapv_inplace(|v| if v.abs() < 0.1 { 0.0 } else { v });
    x.column_mut(2).fill(0.0);
    x.row_mut(4).fill(0.0);
    let y = signal(&x);
    let weights = Array1::from_shape_fn(30, |i| (i % 3) as f64);
    let mut columns = Array2::zeros((30, 4).f());
    columns.assign(&x);
    let mut gaps = Array2::from_elem((60, 9), f64::NAN);
    gaps.slice_mut(s![..;2, 1..;2]).assign(&x);
    let back = x.slice(s![..;-1, ..;-1]).to_owned();
    let back_y = y.slice(s![..;-1]).to_owned();
    let back_weights = weights.slice(s![..;-1]).to_owned();
    let all = (0..30).flat_map(|i| (0..4).map(move |j| (i, j)));
    let stored = Csr::from_triplets(30, 4, all.map(|(i, j)| (i, j, x[[i, j]]))).unwrap();
    let dense = [columns.view(), gaps.slice(s![..;2, 1..;2]), back.slice(s![..;-1, ..;-1])];
    let mut failures = Vec::new();
    for subject in subjects::<f64>() {
        let fit = |x: Records<'_, f64>| {
            let samples = Samples {
                weights: Some(back_weights.slice(s![..;-1])),
                ..Samples::new(x, back_y.slice(s![..;-1]))
            };
            (subject.learn)(samples).map(|a| a.predicted)
        };
        let plain = || (subject.learn)((&x, &y, &weights).into()).map(|a| a.predicted);
        for (k, view) in dense.iter().enumerate() {
            failures.extend(same(&format!("{}, layout {k}", subject.name), plain(), fit(view.into()), 1e-6));
        }
        for (k, csr) in [&stored, &Csr::from_dense(x.view())].into_iter().enumerate() {
            let sparse = fit(csr.into());
            if !matches!(sparse, Err(Error::Unsupported { .. })) && !subject.name.contains("Isotonic") {
                failures.extend(same(&format!("{}, sparse {k}", subject.name), plain(), sparse, 1e-5));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn damaged_models_are_refused_or_harmless() {
    let x = table(9, 2, 5).mapv(|v| v + 1.0);
    let y = signal(&x);
    let (mut failures, mut seen) = (Failures::default(), std::collections::BTreeSet::new());
    for subject in subjects() {
        let Some(Ok(file)) = subject.save.as_ref().map(|save| save((&x, &y).into())) else { continue };
        if seen.insert(file.model()) {
            file.attack(&mut failures, 150);
        }
    }
    failures.none();
}

/// Settings, and the words of the error they must give.
fn impossible() -> Vec<(Boxed<f64, Array1<f64>>, &'static str)> {
    let mut list: Vec<(Boxed<f64, Array1<f64>>, &'static str)> = Vec::new();
    macro_rules! refuse {
        ($($settings:expr => $words:expr),* $(,)?) => {$( list.push((Boxed::new($settings), $words)); )*};
    }
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        refuse! {
            Ridge::new().alpha(bad) => "`alpha`", RidgeCv::new().alphas(vec![1.0, bad]) => "`alphas`",
            Lasso::new().alpha(bad) => "`alpha`", ElasticNet::new().alpha(bad) => "`alpha`",
            ElasticNet::new().l1_ratio(bad) => "`l1_ratio`", LassoCv::new().alphas([bad]) => "`alphas`",
            ElasticNetCv::new().l1_ratio([0.5, bad]) => "`l1_ratio`", LassoLars::new().alpha(bad) => "`alpha`",
            LassoLarsIc::new().noise_variance(Some(bad)) => "`noise_variance`",
            OrthogonalMatchingPursuit::new().tol(Some(bad)) => "`tol`",
            SgdRegressor::new().alpha(bad) => "`alpha`", SgdRegressor::new().eta0(bad) => "`eta0`",
            SgdRegressor::new().epsilon(bad) => "`epsilon`", SgdRegressor::new().power_t(bad) => "`power_t`",
            SgdRegressor::new().l1_ratio(bad) => "`l1_ratio`",
            HuberRegressor::new().alpha(bad) => "`alpha`", HuberRegressor::new().epsilon(bad) => "`epsilon`",
            QuantileRegressor::new().alpha(bad) => "`alpha`", QuantileRegressor::new().quantile(bad) => "`quantile`",
            RansacRegressor::new(Ridge::new()).residual_threshold(Some(bad)) => "`residual_threshold`",
            RansacRegressor::new(Ridge::new()).stop_probability(bad) => "`stop_probability`",
            PoissonRegressor::new().alpha(bad) => "`alpha`", GammaRegressor::new().alpha(bad) => "`alpha`",
            TweedieRegressor::new().power(bad) => "`power`", BayesianRidge::new().alpha_1(bad) => "`alpha_1`",
            BayesianRidge::new().lambda_init(Some(bad)) => "`lambda_init`",
            ArdRegression::new().threshold_lambda(bad) => "`threshold_lambda`",
            AdaBoostRegressor::new(Ridge::new()).learning_rate(bad) => "`learning_rate`",
            GradientBoostingRegressor::new().learning_rate(bad) => "`learning_rate`",
            GradientBoostingRegressor::new().subsample(bad) => "`subsample`",
            GradientBoostingRegressor::new().loss(ExactLoss::Huber(bad)) => "loss",
            GradientBoostingRegressor::new().loss(ExactLoss::Quantile(bad)) => "loss",
            GaussianProcessRegressor::new().alpha(bad) => "alpha", GaussianProcessRegressor::new().tol(bad) => "`tol`",
            GaussianProcessRegressor::new().kernel(Covariance::rbf(bad)) => "`hyper-parameter`",
            SparseGaussianProcessRegressor::new().alpha(bad) => "alpha",
        }
    }
    for bad in [0.0, -1.0, f64::NAN] {
        refuse! {
            LinearRegression::new().tol(bad) => "`tol`", Ridge::new().tol(bad) => "`tol`", Lasso::new().tol(bad) => "`tol`",
            LassoCv::new().eps(bad) => "`eps`", BayesianRidge::new().tol(bad) => "`tol`",
            HuberRegressor::new().tol(bad) => "`tol`", QuantileRegressor::new().tol(bad) => "`tol`",
            TheilSenRegressor::new().tol(bad) => "`tol`", PoissonRegressor::new().tol(bad) => "`tol`",
        }
    }
    for folds in [0, 1, 41, usize::MAX] {
        let cv = KFold::new(folds);
        refuse! {
            RidgeCv::new().cv(cv.clone()) => "`n_splits`", LassoCv::new().cv(cv.clone()) => "`n_splits`",
            ElasticNetCv::new().cv(cv.clone()) => "`n_splits`", LarsCv::new().cv(cv.clone()) => "`n_splits`",
            LassoLarsCv::new().cv(cv.clone()) => "`n_splits`",
            OrthogonalMatchingPursuitCv::new().cv(cv) => "`n_splits`",
        }
    }
    refuse! {
        AdaBoostRegressor::new(Ridge::new()).n_estimators(0) => "`n_estimators`",
        AdaBoostRegressor::new(KNeighborsRegressor::new().n_neighbors(0)) => "`n_neighbors`",
        GradientBoostingRegressor::new().max_iter(0) => "`max_iter`",
        GradientBoostingRegressor::new().n_iter_no_change(Some(0)) => "`n_iter_no_change`",
        GaussianProcessRegressor::new().alpha(vec![1.0]) => "alpha", GaussianProcessRegressor::new().max_iter(0) => "`max_iter`",
        SparseGaussianProcessRegressor::new().inducing(0) => "inducing",
        SparseGaussianProcessRegressor::new().inducing(Array2::zeros((2, 2))) => "inducing",
        SparseGaussianProcessRegressor::new().inducing(Array2::from_elem((2, 3), f64::NAN)) => "inducing",
        LinearRegression::new().max_iter(0) => "`max_iter`", Ridge::new().max_iter(0) => "`max_iter`",
        Lasso::new().max_iter(0) => "`max_iter`", LassoCv::new().max_iter(0) => "`max_iter`",
        LassoLars::new().max_iter(0) => "`max_iter`", SgdRegressor::new().max_iter(0) => "`max_iter`",
        HuberRegressor::new().max_iter(0) => "`max_iter`", QuantileRegressor::new().max_iter(0) => "`max_iter`",
        TheilSenRegressor::new().max_iter(0) => "`max_iter`", PoissonRegressor::new().max_iter(0) => "`max_iter`",
        BayesianRidge::new().max_iter(0) => "`max_iter`", ArdRegression::new().max_iter(0) => "`max_iter`",
        RansacRegressor::new(Ridge::new()).max_trials(0) => "`max_trials`",
        RansacRegressor::new(Ridge::new()).min_samples(Some(0)) => "`min_samples`",
        RansacRegressor::new(Ridge::new()).min_samples(Some(41)) => "`min_samples`",
        RansacRegressor::new(Ridge::new().alpha(-1.0)) => "`alpha`",
        TheilSenRegressor::new().max_subpopulation(0) => "`max_subpopulation`",
        TheilSenRegressor::new().n_subsamples(Some(3)) => "`n_subsamples`",
        TheilSenRegressor::new().n_subsamples(Some(41)) => "`n_subsamples`",
        Lars::new().n_nonzero_coefs(0) => "`n_nonzero_coefs`", LarsCv::new().max_n_alphas(0) => "`max_n_alphas`",
        OrthogonalMatchingPursuit::new().n_nonzero_coefs(Some(0)) => "`n_nonzero_coefs`",
        OrthogonalMatchingPursuitCv::new().max_iter(Some(0)) => "`max_iter`",
        QuantileRegressor::new().quantile(0.0) => "`quantile`", QuantileRegressor::new().quantile(1.0) => "`quantile`",
        HuberRegressor::new().epsilon(0.99) => "`epsilon`", TweedieRegressor::new().power(0.5) => "`power`",
        ElasticNet::new().l1_ratio(1.5) => "`l1_ratio`", RidgeCv::new().alphas(vec![]) => "`alphas`",
        LassoCv::new().alphas(0) => "`alphas`", LassoCv::new().alphas(Vec::new()) => "`alphas`",
        ElasticNetCv::new().l1_ratio(Vec::new()) => "`l1_ratio`", LassoCv::new().eps(1.0) => "`eps`",
        SgdRegressor::new().validation_fraction(0.0) => "`validation_fraction`",
        SgdRegressor::new().validation_fraction(1.0) => "`validation_fraction`",
        SgdRegressor::new().n_iter_no_change(0) => "`n_iter_no_change`",
        LinearRegression::new().positive(true).solver(LeastSquaresSolver::Cholesky) => "`positive`",
    }
    list
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let x = table(40, 3, 5);
    let y = signal(&x);
    let mut failures = Failures::default();
    for (settings, words) in impossible() {
        failures.must_refuse(&called(&settings), settings.fit((&x, &y)), words);
    }
    for (low, high) in [(2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        let settings = IsotonicRegression::new().y_min(Some(low)).y_max(Some(high));
        if settings.fit_values(x.column(0), y.view(), None).is_ok() {
            failures.0.push(format!("isotonic regression between {low} and {high}"));
        }
    }
    let (zero, short) = (Array1::zeros(40), Array1::ones(39));
    for exposure in [zero, short, Array1::from_elem(40, f64::NAN), Array1::from_elem(40, -1.0)] {
        let message = PoissonRegressor::new().fit_with_exposure((&x, &y), &exposure).unwrap_err().to_string();
        assert!(message.contains("exposure"), "{message}");
    }
    failures.none();
}

#[test]
fn one_step_is_not_called_an_answer() {
    let x = table(40, 8, 5);
    let y = signal(&x) + x.column(3).mapv(|v| v * v) * 9.0;
    let answers = [
        one(Somehow, Lasso::new().alpha(1e-3).tol(1e-14).max_iter(1)),
        one(Somehow, ElasticNet::new().alpha(1e-3).tol(1e-14).max_iter(1)),
        two(Somehow, MultiTaskLasso::new().alpha(1e-3).tol(1e-14).max_iter(1)),
        one(Somehow, LassoLars::new().alpha(1e-3).max_iter(1)),
        one(Somehow, SgdRegressor::new().max_iter(1)),
        one(Somehow, HuberRegressor::new().max_iter(1)),
        one(Somehow, QuantileRegressor::new().alpha(0.1).max_iter(1).tol(1e-300)),
        one(Somehow, TheilSenRegressor::new().max_iter(1).max_subpopulation(50).tol(1e-300)),
        one(Somehow, BayesianRidge::new().max_iter(1).tol(1e-300)),
        one(Somehow, ArdRegression::new().max_iter(1).tol(1e-300)),
        one(Somehow, Ridge::new().solver(RidgeSolver::ConjugateGradient).max_iter(1).tol(1e-300)),
        one(Somehow, PoissonRegressor::new().max_iter(1).tol(1e-14)),
        one(Somehow, GammaRegressor::new().max_iter(1).tol(1e-14)),
    ];
    for subject in answers {
        let answer = (subject.learn)((&x, &y).into()).unwrap();
        assert!(answer.words().contains(&"not converged".to_string()), "{}: {}", subject.name, answer.model);
    }
}

#[test]
fn no_option_is_accepted_and_ignored() {
    let x = table(40, 4, 5);
    let y = signal(&x) - x.column(1).mapv(|v| v + v.abs().sqrt());
    let weights = Array1::from_shape_fn(40, |i| 1.0 + (i % 5) as f64);
    let mut failures = Vec::new();
    macro_rules! differ {
        ($($base:expr => $($setter:ident($value:expr)),+);* $(;)?) => {$($({
            let outcome = |settings| one(Loosely, settings);
            let (a, b) = (outcome($base), outcome($base.$setter($value)));
            let fit = |s: &Subject<f64>| (s.learn)((&x, &y, &weights).into()).map(|a| a.model);
            match (fit(&a), fit(&b)) {
                (Ok(a), Ok(b)) if a == b => failures.push(format!("{}", stringify!($base.$setter($value)))),
                _ => {}
            }
        })+)*};
    }
    let folds = KFold::new(3);
    differ! {
        LinearRegression::new() => fit_intercept(false), positive(true), solver(LeastSquaresSolver::Svd);
        LinearRegression::new().solver(LeastSquaresSolver::ConjugateGradient) => max_iter(1), tol(0.1);
        Ridge::new() => alpha(2.0), fit_intercept(false), solver(RidgeSolver::Svd);
        RidgeCv::new() => alphas(vec![1e-5]), cv(folds.clone()), fit_intercept(false), store_cv_values(true);
        BayesianRidge::new() => max_iter(2), tol(0.5), alpha_1(1.0), alpha_2(1.0), lambda_1(1.0), lambda_2(1.0),
            alpha_init(Some(1e-3)), lambda_init(Some(1e3)), fit_intercept(false);
        ArdRegression::new() => max_iter(2), tol(0.5), alpha_1(1.0), alpha_2(1.0), lambda_1(1.0), lambda_2(1.0),
            threshold_lambda(10.0), fit_intercept(false);
        Lasso::new().alpha(1e-3) => alpha(2e-3), fit_intercept(false), positive(true), max_iter(1), tol(1e-12);
        ElasticNet::new().alpha(1e-3) => alpha(2e-3), l1_ratio(0.4), fit_intercept(false), positive(true), max_iter(1), tol(1e-12);
        LassoCv::new() => alphas(7), eps(0.1), cv(folds.clone()), fit_intercept(false), positive(true), max_iter(1), tol(1e-12);
        ElasticNetCv::new() => l1_ratio(0.1), alphas(7), eps(0.1), cv(folds.clone()), fit_intercept(false), positive(true), max_iter(1), tol(1e-12);
        Lars::new() => n_nonzero_coefs(2), fit_intercept(false);
        LassoLars::new().alpha(0.01) => alpha(0.02), fit_intercept(false), max_iter(1), positive(true);
        LassoLarsIc::new() => criterion(PathCriterion::Bic), fit_intercept(false), max_iter(1), positive(true), noise_variance(Some(2.0));
        LarsCv::new() => fit_intercept(false), max_iter(1), cv(folds.clone()), max_n_alphas(2);
        LassoLarsCv::new() => fit_intercept(false), max_iter(1), cv(folds.clone()), max_n_alphas(2), positive(true);
        OrthogonalMatchingPursuit::new() => n_nonzero_coefs(Some(2)), tol(Some(0.1)), fit_intercept(false);
        OrthogonalMatchingPursuitCv::new() => max_iter(Some(2)), cv(folds), fit_intercept(false);
        SgdRegressor::new() => loss(SgdRegressorLoss::Huber), penalty(SgdPenalty::L1), alpha(0.1), fit_intercept(false),
            learning_rate(LearningRate::Constant), eta0(0.1), power_t(0.5), average(3), max_iter(3), tol(None),
            n_iter_no_change(2), early_stopping(true), shuffle(false), seed(3);
        SgdRegressor::new().loss(SgdRegressorLoss::Huber) => epsilon(0.5);
        SgdRegressor::new().penalty(SgdPenalty::ElasticNet).alpha(0.1) => l1_ratio(0.9);
        SgdRegressor::new().early_stopping(true) => validation_fraction(0.4);
        HuberRegressor::new() => epsilon(2.0), alpha(1.0), fit_intercept(false), max_iter(2), tol(1e-2);
        QuantileRegressor::new().alpha(0.01) => quantile(0.3), alpha(0.02), fit_intercept(false), max_iter(1);
        RansacRegressor::new(Ridge::new()) => min_samples(Some(30)), residual_threshold(Some(0.1)),
            loss(RansacLoss::SquaredError), stop_n_inliers(Some(5)), stop_score(-1.0), stop_probability(0.0), seed(3);
        TheilSenRegressor::new().max_subpopulation(100) => fit_intercept(false), max_subpopulation(50), n_subsamples(Some(20)),
            max_iter(1), seed(5);
        PoissonRegressor::new() => alpha(0.1), fit_intercept(false), solver(GlmSolver::NewtonCholesky), tol(1e-10), max_iter(1);
        TweedieRegressor::new().power(1.5) => alpha(0.1), link(Some(Link::Identity)), power(1.7);
    }
    assert!(failures.is_empty(), "no effect of\n{}", failures.join("\n"));
}
