//! Clusterings, detectors of outliers, densities, transformers and searches against hostile data, through the front door:
//! each pair must give a right answer, a clear error, or a report that says what is wrong.

use super::{Failures, ModelFile, table};
use estimand::cluster::*;
use estimand::core::{Describe, Float, Label, Target};
use estimand::ensemble::{IsolationForestModel, RandomTreesEmbeddingModel};
use estimand::linear::{LearningRate, SgdOneClassModel};
use estimand::neighbors::*;
use estimand::prelude::*;
use estimand::svm::*;
use ndarray::ShapeBuilder;
use std::fmt::Debug;

/// What a fitted model says, in numbers: a row for each row that it is asked about.
trait Asked<F: Float>: Debug {
    /// What it keeps of its training rows.
    fn kept(&self) -> Option<Array2<f64>>;
    /// Whether it says the same of these rows when asked, in its first column.
    const SAYS_AGAIN: bool;
    /// All answers, beside one another.
    fn many(&self, x: Records<'_, F>) -> Result<Array2<f64>>;
    /// Those that it gives for one row without a batch: the first of them.
    fn one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<Vec<f64>>;
    /// What else there is to ask, given the training rows.
    fn more(&self, x: Records<'_, F>) -> Result<Vec<f64>>;
}

/// Labels as a column of numbers.
fn labels<L: Label>(labels: &Array1<L>) -> Array2<f64> {
    labels.map(|label| label.ordinal().map_or(f64::NAN, |label| label as f64)).insert_axis(Axis(1))
}
/// Numbers as a column.
fn column<F: Float>(values: &Array1<F>) -> Array2<f64> {
    values.mapv(Float::f64).insert_axis(Axis(1))
}
fn wide<'a, F: Float>(values: impl IntoIterator<Item = &'a F>) -> Vec<f64> {
    values.into_iter().map(|v| v.f64()).collect()
}

macro_rules! asked {
    ($($model:ident$(<$scalar:ident>)?: $($part:ident)+ $(, more($self:ident, $x:ident) $more:expr)?;)*) => {$(
        #[allow(unused_variables, unused_mut, unreachable_code, clippy::vec_init_then_push, reason = "not every model has every part")]
        impl<F: Float> Asked<F> for $model$(<$scalar>)? {
            fn kept(&self) -> Option<Array2<f64>> {
                $( asked!(@kept $part, self); )+
                None
            }
            const SAYS_AGAIN: bool = false $(|| asked!(@again $part))+;
            fn many(&self, x: Records<'_, F>) -> Result<Array2<f64>> {
                let mut all = vec![Array2::zeros((x.nrows(), 0))];
                $( asked!(@many $part, self, x, all); )+
                let all: Vec<_> = all.iter().map(|part: &Array2<f64>| part.view()).collect();
                ndarray::concatenate(Axis(1), &all).map_err(|e| Error::numerical(e.to_string()))
            }
            fn one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<Vec<f64>> {
                let mut all = Vec::new();
                $( asked!(@one $part, self, row, scratch, all); )+
                Ok(all)
            }
            fn more(&self, x: Records<'_, F>) -> Result<Vec<f64>> {
                $( return { let ($self, $x) = (self, x); Ok($more) }; )?
                Ok(Vec::new())
            }
        }
    )*};
    (@again labels) => { true };
    (@again $other:ident) => { false };
    (@kept labels, $m:ident) => { return Some(labels($m.labels())) };
    (@kept own_labels, $m:ident) => { return Some(labels($m.labels())) };
    (@kept $other:ident, $m:ident) => {};
    (@many predict, $m:ident, $x:ident, $all:ident) => { $all.push(labels(&$m.predict_records($x)?)) };
    (@many density, $m:ident, $x:ident, $all:ident) => { $all.push(column(&$m.predict_records($x)?)) };
    (@many transform, $m:ident, $x:ident, $all:ident) => {
        $all.push($m.transform_records($x)?.into_dense().mapv(|v: F| v.f64()))
    };
    (@many transform_many, $m:ident, $x:ident, $all:ident) => { asked!(@many transform, $m, $x, $all) };
    (@many shares, $m:ident, $x:ident, $all:ident) => {
        $all.push($m.predict_proba_records($x)?.mapv(|v: F| v.f64()))
    };
    (@many scores, $m:ident, $x:ident, $all:ident) => { $all.push(column(&$m.score_samples($x)?)) };
    (@many decisions, $m:ident, $x:ident, $all:ident) => { $all.push(column(&$m.decision_function($x)?)) };
    (@many nearest, $m:ident, $x:ident, $all:ident) => {
        $all.push($m.kneighbors($x)?.distances.mapv(|v: F| v.f64()))
    };
    (@many $other:ident, $m:ident, $x:ident, $all:ident) => {};
    (@one predict, $m:ident, $row:ident, $scratch:ident, $all:ident) => {
        $all.push($m.predict_one($row, $scratch)?.ordinal().map_or(f64::NAN, |label| label as f64))
    };
    (@one density, $m:ident, $row:ident, $scratch:ident, $all:ident) => {
        $all.push($m.predict_one($row, $scratch)?.f64())
    };
    (@one transform, $m:ident, $row:ident, $scratch:ident, $all:ident) => {
        let mut out = Vec::new();
        $m.transform_one($row, &mut out, $scratch)?;
        $all.extend(out.iter().map(|v| v.f64()));
    };
    (@one $other:ident, $m:ident, $row:ident, $scratch:ident, $all:ident) => {};
}

asked! {
    KMeansModel<F>: labels predict transform, more(m, x) vec![m.inertia(), m.score(x)?];
    MiniBatchKMeansModel<F>: labels predict transform, more(m, x) vec![m.inertia(), m.score(x)?];
    BisectingKMeansModel<F>: labels predict transform, more(m, x) vec![m.inertia()];
    KMedoidsModel<F>: labels predict transform, more(m, x) vec![m.inertia()];
    DbscanModel<F>: labels predict;
    HdbscanModel<F>: labels predict, more(m, x) {
        assert_eq!(m.medoids(x)?.len(), m.n_clusters());
        let firm = m.approximate_predict(x)?.1;
        assert!(firm.iter().all(|p| (0.0..=1.0).contains(&p.f64())), "firmness {firm}");
        let scores = m.probabilities().iter().chain(m.outlier_scores());
        assert!(scores.clone().all(|p| (0.0..=1.0).contains(&p.f64())), "scores");
        wide(&m.centroids(x)?)
    };
    OpticsModel: own_labels, more(m, x) {
        let mut order = m.order().to_vec();
        order.sort_unstable();
        assert!(order.into_iter().eq(0..x.nrows()), "not an order of the rows");
        assert_eq!(m.extract(&Extraction::Dbscan(1e-300))?.len(), x.nrows());
        vec![]
    };
    AgglomerativeModel: own_labels, more(m, x) {
        for k in 1..=x.nrows() {
            assert_eq!(m.cut(k)?.iter().max().map(|label| label + 1), Some(k), "clusters of a cut");
        }
        m.distances().to_vec()
    };
    SpectralModel: own_labels, more(m, x) wide(m.embedding().iter().chain(m.eigenvalues()));
    MeanShiftModel<F>: labels predict, more(m, x) vec![m.bandwidth()];
    // Of examples that are equally near, the labels do not take the first.
    AffinityPropagationModel<F>: own_labels predict;
    BirchModel<F>: labels predict transform;
    GaussianMixtureModel<F>: predict transform shares scores, more(m, x) {
        let mut more = vec![m.score(x)?, m.bic(x)?, m.aic(x)?, m.lower_bound()];
        more.extend(wide(&m.sample(9, 1)?.0));
        more
    };
    BayesianGaussianMixtureModel<F>: predict transform shares scores, more(m, x) wide(&m.sample(9, 1)?.0);
    IsolationForestModel<F>: predict scores decisions, more(m, x) vec![m.offset()];
    LocalOutlierFactorModel<F>: own_labels predict scores, more(m, x) {
        let mut more = wide(m.outlier_factors());
        more.push(m.limit());
        more
    };
    OneClassModel<F>: predict scores decisions, more(m, x) vec![m.offset()];
    SgdOneClassModel<F>: predict scores decisions, more(m, x) vec![m.offset().f64()];
    KernelDensityModel<F>: density scores, more(m, x) {
        let mut more = vec![m.score(x)?, m.bandwidth()];
        // Not every kernel is drawn from.
        more.extend(wide(m.sample(9, 1).iter().flatten()));
        more
    };
    NystroemModel<F>: transform_many;
    // Waves of large numbers have no digits: one row by itself is for the conformance suite.
    RbfSamplerModel<F>: transform_many;
    AdditiveChi2SamplerModel<F>: transform;
    SkewedChi2SamplerModel<F>: transform;
    PolynomialCountSketchModel<F>: transform;
    NeighborhoodComponentsModel<F>: transform;
    RandomTreesEmbeddingModel<F>: transform;
    KnnImputerModel<F>: transform;
    NearestNeighborsModel<F>: nearest, more(m, x) {
        let (own, near) = (m.kneighbors(Queries::Own)?, m.radius_neighbors(x)?);
        let near = (0..near.len()).flat_map(|i| near.distances(i));
        wide(own.distances.iter().chain(near))
    };
    ApproximateNeighborsModel<F>: nearest, more(m, x) m.recall().into_iter().collect();
}

/// The answers of a model that has just been fitted, which agree with one another.
#[derive(Clone, PartialEq)]
struct Answer {
    /// Of each training row.
    kept: Option<Array2<f64>>,
    said: Array2<f64>,
    more: Vec<f64>,
    model: String,
}

fn ask<F: Float, M: Asked<F>>(model: &M, x: Records<'_, F>) -> Result<Answer> {
    let answer = Answer {
        kept: model.kept(),
        said: model.many(x)?,
        more: model.more(x)?,
        model: format!("{model:?}"),
    };
    if let Ok(dense) = x.dense("") {
        let mut scratch = Scratch::new();
        for (row, said) in dense.rows().into_iter().zip(answer.said.rows()) {
            let one = model.one(&row.to_vec(), &mut scratch)?;
            let apart = one.iter().zip(said).find(|(a, b)| !close(**a, **b));
            assert!(apart.is_none(), "one row alone, and among others: {apart:?}");
        }
    }
    Ok(answer)
}

/// Whether two numbers are the same but for rounding, which exponentials of large numbers magnify.
fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

type Data<'a, F> = Samples<'a, F, ()>;
type Learn<F> = Box<dyn Fn(Data<'_, F>) -> Result<Answer>>;

struct Subject {
    name: String,
    accepts: estimand::core::Capabilities,
    /// Whether clusters are the same at any scale of the records.
    any_scale: bool,
    /// Whether labels that are kept are predicted again.
    says_again: bool,
    double: Learn<f64>,
    single: Learn<f32>,
    file: Box<dyn for<'a> Fn(&'a Array2<f64>) -> Result<ModelFile<'a>>>,
}

/// Settings that do not compare with their defaults.
fn called(settings: &impl Describe) -> String {
    let changed = settings.parameters().into_iter().filter(|p| !p.default.ends_with(&p.value));
    let list: Vec<String> = changed.map(|p| format!("{}={}", p.name, p.value)).collect();
    format!("{}({})", settings.name(), list.join(" "))
}

/// The target that those who need one are given: it says nothing of the records.
trait Given: Target {
    fn given(n: usize) -> Self;
}
impl Given for () {
    fn given(_: usize) {}
}
impl Given for Array1<usize> {
    fn given(n: usize) -> Self {
        Array1::from_shape_fn(n, |i| i % 2)
    }
}

fn learn<F: Float, Y: Given, E: Fit<F, Y>>(settings: &E, data: Data<'_, F>) -> Result<E::Model> {
    let y = Y::given(data.nrows());
    settings.fit_samples(Samples { weights: data.weights, ..Samples::new(data.x, y.as_view()) })
}

fn with<Y: Given, E, A, B>(settings: E) -> Subject
where
    E: Fit<f64, Y, Model = A> + Fit<f32, Y, Model = B> + Describe + Clone + 'static,
    A: Asked<f64> + Persist,
    B: Asked<f32>,
{
    let (name, accepts) = (called(&settings), settings.capabilities());
    let (double, single) = (settings.clone(), settings.clone());
    Subject {
        says_again: A::SAYS_AGAIN,
        name,
        accepts,
        any_scale: false,
        double: Box::new(move |data| {
            let model = learn::<f64, Y, E>(&double, data)?;
            let answer = ask(&model, data.x)?;
            let again = A::from_bytes(&model.to_bytes()?);
            assert!(again.is_ok(), "a model that has been saved is refused");
            assert_eq!(again?.many(data.x)?, answer.said, "the saved model says something else");
            strange(&model, data.x.ncols());
            Ok(answer)
        }),
        single: Box::new(move |data| ask(&learn::<f32, Y, E>(&single, data)?, data.x)),
        file: Box::new(move |x| {
            let model = learn::<f64, Y, E>(&settings, x.into())?;
            ModelFile::new(&model, |model: &A| {
                let _ = (model.kept(), model.many(x.slice(s![..2, ..]).into())?);
                model.one(&x.row(2).to_vec(), &mut Scratch::new()).map(drop)
            })
        }),
    }
}

fn of<E, A, B>(settings: E) -> Subject
where
    E: Fit<f64, (), Model = A> + Fit<f32, (), Model = B> + Describe + Clone + 'static,
    A: Asked<f64> + Persist,
    B: Asked<f32>,
{
    with::<(), _, _, _>(settings)
}

/// Of a clustering that knows no scale.
fn free<E, A, B>(settings: E) -> Subject
where
    E: Fit<f64, (), Model = A> + Fit<f32, (), Model = B> + Describe + Clone + 'static,
    A: Asked<f64> + Persist,
    B: Asked<f32>,
{
    Subject { any_scale: true, ..of(settings) }
}

/// Rows as no training set has had them: what is said of them may leave the range of numbers, which is an error.
fn strange<M: Asked<f64>>(model: &M, p: usize) {
    for size in [1e300, -1e300, 1e150, 1e37, -1e30, 1e9, -1.0, 0.0, 5e-324] {
        let far = Array2::from_shape_fn((1, p), |(_, j)| if j == 1 { -size } else { size });
        if let Ok(said) = model.many((&far).into()) {
            assert!(said.iter().all(|v| !v.is_nan()), "NaN for a row of {size}");
        }
    }
}

fn subjects() -> Vec<Subject> {
    clusterings().into_iter().chain(detectors()).chain(transformers()).collect()
}

fn clusterings() -> Vec<Subject> {
    let near = Affinity::NearestNeighbors { n_neighbors: 4 };
    let mixture = || GaussianMixture::new(3);
    let bayesian = || BayesianGaussianMixture::new(3);
    vec![
        free(KMeans::new(3)),
        free(KMeans::new(1)),
        free(KMeans::new(3).algorithm(KMeansAlgorithm::Bounds).tol(0.0)),
        free(KMeans::new(3).algorithm(KMeansAlgorithm::Lloyd).init(KMeansInit::Random).n_init(Some(2))),
        of(KMeans::new(2).init(KMeansInit::Given(array![[0.0, 0.0, 0.0], [1e3, 0.0, 0.0]])).max_iter(3)),
        free(MiniBatchKMeans::new(3).batch_size(7).max_iter(5)),
        of(MiniBatchKMeans::new(3).init(KMeansInit::Random).reassignment_ratio(0.5).max_no_improvement(None)),
        free(BisectingKMeans::new(3)),
        free(
            BisectingKMeans::new(4)
                .bisecting_strategy(BisectingStrategy::LargestCluster)
                .init(KMeansInit::Random),
        ),
        free(KMedoids::new(3)),
        free(KMedoids::new(2).init(KMedoidsInit::Random).metric(Metric::Manhattan).max_iter(2)),
        of(KMedoids::new(2).metric(Metric::Cosine)),
        of(Dbscan::new()),
        of(Dbscan::new().eps(1e300).min_samples(1)),
        of(Dbscan::new().eps(5e-324).metric(Metric::Chebyshev).algorithm(Algorithm::BallTree)),
        free(Hdbscan::new()),
        free(Hdbscan::new().cluster_selection(ClusterSelection::Leaf).min_samples(2)),
        of(Hdbscan::new().allow_single_cluster(true).cluster_selection_epsilon(0.3)),
        of(Hdbscan::new().min_cluster_size(2).min_samples(1).alpha(1e-3).max_cluster_size(10)),
        free(Optics::new()),
        of(Optics::new().min_samples(2).extraction(Extraction::Dbscan(0.5))),
        of(Optics::new().max_eps(0.5).metric(Metric::Manhattan)),
        free(AgglomerativeClustering::new(3)),
        free(AgglomerativeClustering::new(3).linkage(Linkage::Complete)),
        free(AgglomerativeClustering::new(3).linkage(Linkage::Average)),
        free(AgglomerativeClustering::new(3).linkage(Linkage::Single)),
        of(AgglomerativeClustering::new(3).distance_threshold(Some(1.0))),
        of(SpectralClustering::new(3)),
        of(SpectralClustering::new(2).affinity(Affinity::Rbf { gamma: 1e3 })),
        free(SpectralClustering::new(3).affinity(near)),
        free(MeanShift::new()),
        of(MeanShift::new().bandwidth(Some(0.5)).cluster_all(false)),
        of(MeanShift::new().bandwidth(Some(0.5)).bin_seeding(true).max_iter(2)),
        free(AffinityPropagation::new()),
        of(AffinityPropagation::new().preference(Some(-1e3)).damping(0.9)),
        of(Birch::new()),
        of(Birch::new().threshold(1e-300).branching_factor(2).n_clusters(None)),
        of(Birch::new().threshold(1e300)),
        of(mixture()),
        of(mixture().covariance(CovarianceType::Tied).init(MixtureInit::Random)),
        of(mixture().covariance(CovarianceType::Diag).init(MixtureInit::RandomRows)),
        of(mixture().covariance(CovarianceType::Diag).reg_covar(0.0)),
        of(mixture().covariance(CovarianceType::Spherical).init(MixtureInit::PlusPlus).n_init(2)),
        of(bayesian()),
        of(bayesian()
            .covariance(CovarianceType::Tied)
            .weight_concentration(WeightConcentration::DirichletDistribution)),
        of(bayesian().covariance(CovarianceType::Diag).init(MixtureInit::Random).reg_covar(0.0)),
        of(bayesian().covariance(CovarianceType::Spherical).weight_concentration_prior(Some(1e-300))),
    ]
}

fn detectors() -> Vec<Subject> {
    let forest = || IsolationForest::new().n_trees(8);
    let one_class = OneClassSvm::new;
    let factor = || LocalOutlierFactor::new().n_neighbors(4);
    let density = KernelDensity::new;
    let sgd = || SgdOneClassSvm::new().max_iter(20);
    vec![
        of(forest()),
        of(forest().contamination(Some(0.2)).max_features(1).max_samples(7)),
        of(forest().bootstrap(true).max_samples(1.0)),
        of(factor()),
        of(factor().contamination(0.2).metric(Metric::Manhattan)),
        of(LocalOutlierFactor::new().n_neighbors(1)),
        of(one_class()),
        of(one_class().nu(1.0).kernel(Kernel::Linear)),
        of(one_class().nu(1e-9).kernel(Kernel::Polynomial).gamma(Gamma::Auto).max_iter(Some(100_000))),
        of(one_class().kernel(Kernel::Sigmoid).nu(0.1).max_iter(Some(100_000))),
        of(one_class().gamma(Gamma::Value(1e300))),
        of(sgd()),
        of(sgd().nu(0.1).learning_rate(LearningRate::Constant).eta0(1e-3).average(1)),
        of(sgd().fit_intercept(false).learning_rate(LearningRate::InvScaling).tol(None).shuffle(false)),
        of(sgd().learning_rate(LearningRate::Adaptive).eta0(1e300)),
        of(density()),
        of(density().bandwidth(Bandwidth::Scott)),
        of(density().bandwidth(Bandwidth::Silverman).kernel(DensityKernel::Epanechnikov)),
        of(density().bandwidth(1e-300).kernel(DensityKernel::Exponential)),
        of(density().bandwidth(1e300).kernel(DensityKernel::Tophat)),
        of(density().kernel(DensityKernel::Linear).metric(Metric::Manhattan)),
        of(density().kernel(DensityKernel::Cosine).algorithm(Algorithm::BallTree)),
    ]
}

fn transformers() -> Vec<Subject> {
    let nystroem = || Nystroem::new().n_components(5);
    let components = || NeighborhoodComponentsAnalysis::new().max_iter(10);
    let approximate = || ApproximateNeighbors::new().n_neighbors(2).recall_rows(5);
    let nearest = || NearestNeighbors::new().n_neighbors(3);
    vec![
        of(nystroem()),
        of(nystroem().kernel(Kernel::Polynomial)),
        of(nystroem().kernel(Kernel::Sigmoid).coef0(0.0)),
        of(nystroem().kernel(Kernel::Linear)),
        of(nystroem().gamma(Gamma::Value(1e300))),
        of(RbfSampler::new().n_components(5)),
        of(RbfSampler::new().n_components(5).gamma(Gamma::Scale)),
        of(RbfSampler::new().n_components(5).gamma(Gamma::Value(1e300))),
        of(AdditiveChi2Sampler::new()),
        of(AdditiveChi2Sampler::new().sample_steps(9).sample_interval(Some(0.1))),
        of(SkewedChi2Sampler::new().n_components(5)),
        of(SkewedChi2Sampler::new().n_components(5).skewedness(1e-300)),
        of(PolynomialCountSketch::new().n_components(5)),
        of(PolynomialCountSketch::new().n_components(1).degree(64).gamma(2.0).coef0(1.0)),
        with::<Array1<usize>, _, _, _>(components()),
        with::<Array1<usize>, _, _, _>(components().init(ComponentsInit::Discriminants).n_components(1)),
        with::<Array1<usize>, _, _, _>(components().init(ComponentsInit::Random)),
        of(RandomTreesEmbedding::new().n_trees(4).max_depth(3)),
        of(KnnImputer::new().n_neighbors(2)),
        of(KnnImputer::new().weights(NeighborWeights::Distance).keep_empty_features(true)),
        of(nearest()),
        of(nearest().metric(Metric::Cosine)),
        of(nearest().metric(Metric::StandardizedEuclidean(None))),
        of(nearest().metric(Metric::Mahalanobis(None))),
        of(nearest().metric(Metric::Minkowski(3.0)).algorithm(Algorithm::BallTree)),
        of(nearest().metric(Metric::Canberra)),
        of(nearest().metric(Metric::Correlation)),
        of(nearest().metric(Metric::BrayCurtis)),
        of(nearest().metric(Metric::SquaredEuclidean).algorithm(Algorithm::Brute)),
        of(approximate()),
        of(approximate().m(2).ef_construction(1).ef_search(1).metric(Metric::Manhattan)),
        of(approximate().metric(Metric::Cosine)),
    ]
}

/// What must become of data.
enum Expected {
    /// Anything finite, or a reason.
    Sound,
    /// The clusters of the plain records, from those who know no scale; or a reason, or a word of the report.
    Same,
    /// The error's words.
    Refused(&'static str),
}
use Expected::{Refused, Same, Sound};

struct Case {
    name: String,
    x: Array2<f64>,
    weights: Option<Array1<f64>>,
    expected: Expected,
}

/// Three heaps around different centres, all positive.
fn heaps(n: usize, p: usize) -> Array2<f64> {
    let noise = table(n, p, 5);
    Array2::from_shape_fn((n, p), |(i, j)| 1.0 + 3.0 * ((i % 3 + j) % 3) as f64 + noise[[i, j]])
}

fn cases() -> Vec<Case> {
    let x = heaps(30, 3);
    let mut cases = Vec::new();
    let mut add = |name: &str, x: &Array2<f64>, weights: Option<Array1<f64>>, expected| {
        cases.push(Case { name: name.into(), x: x.clone(), weights, expected });
    };
    add("plain", &x, None, Sound);
    for k in 1..5 {
        add(&format!("{k} rows"), &x.slice(s![..k, ..]).to_owned(), None, Sound);
    }
    add("one column", &heaps(30, 1), None, Sound);
    add("fewer rows than columns", &heaps(6, 15), None, Sound);
    add("zeros", &Array2::zeros((30, 3)), None, Sound);
    add("zeros of both signs", &table(30, 3, 1).mapv(|v| if v > 0.0 { 0.0 } else { -0.0 }), None, Sound);
    add("equal rows", &Array2::from_elem((30, 3), 2.5), None, Sound);
    add("two equal rows", &Array2::from_elem((2, 3), 2.5), None, Sound);
    add("two places", &Array2::from_shape_fn((30, 3), |(i, _)| (i % 2) as f64), None, Sound);
    add("five places", &x.select(Axis(0), &[0, 1, 2, 3, 4].repeat(6)), None, Sound);
    add("pairs", &x.select(Axis(0), &(0..30).map(|i| i / 2).collect::<Vec<_>>()), None, Sound);
    add("a constant column", &(&x * &array![1.0, 0.0, 1.0]), None, Sound);
    add("columns that are equal", &x.select(Axis(1), &[0, 1, 0, 1, 1]), None, Sound);
    add("a lattice", &Array2::from_shape_fn((30, 3), |(i, j)| (i / [1, 3, 9][j] % 3) as f64), None, Sound);
    add("a line", &Array2::from_shape_fn((30, 3), |(i, _)| i as f64), None, Sound);
    for power in [-1060, -550, -140, -120, -70, -27, 27, 70, 120, 500, 1000] {
        let scale = 2_f64.powi(power);
        // Below 2⁻¹⁰²² digits are lost.
        let expected = if power < -1000 { Sound } else { Same };
        add(&format!("times 2^{power}"), &(&x * scale), None, expected);
        let mut outlier = x.clone();
        outlier[[7, 1]] = scale;
        add(&format!("one value 2^{power}"), &outlier, None, Sound);
    }
    add("both signs", &table(30, 3, 9), None, Sound);
    add("columns of all scales", &(&x * &array![1e150, 1.0, 1e-165]), None, Sound);
    add("far from zero", &(&x + 1e8), None, Sound);
    add("farther from zero", &(&x + 1e15), None, Sound);
    let ends = Array2::from_shape_fn((30, 3), |(i, j)| if (i + j) % 2 == 0 { f64::MAX } else { f64::MIN });
    add("the largest numbers", &ends, None, Sound);
    add(
        "the largest numbers of single precision",
        &ends.mapv(|v| v.signum() * f64::from(f32::MAX)),
        None,
        Sound,
    );
    let weigh = |w: &dyn Fn(usize) -> f64| Some(Array1::from_shape_fn(30, w));
    for weight in [1.0, 3.0, 1e-300, 1e-30, 1e9, 1e30, 1e300] {
        add(&format!("weights {weight:e}"), &x, weigh(&|_| weight), Sound);
        add(&format!("one weight {weight:e}"), &x, weigh(&|i| if i == 3 { weight } else { 1.0 }), Sound);
    }
    for kept in [1, 2, 5] {
        add(&format!("{kept} rows with weight"), &x, weigh(&|i| f64::from(u8::from(i < kept))), Sound);
    }
    add("half weights", &x, weigh(&|i| 0.5 * (i % 4) as f64), Sound);

    add("no rows", &Array2::zeros((0, 3)), None, Refused("x (0 × 3) is empty"));
    add("no columns", &Array2::zeros((30, 0)), None, Refused("x (30 × 0) is empty"));
    for (value, words) in [
        (f64::NAN, "NaN at row 29, column 1"),
        (f64::INFINITY, "inf at row 29, column 1"),
        (f64::NEG_INFINITY, "-inf at row 29, column 1"),
    ] {
        let mut spoilt = x.clone();
        spoilt[[29, 1]] = value;
        add(&format!("{value}"), &spoilt, None, Refused(words));
        add(
            &format!("weight {value}"),
            &x,
            weigh(&|i| if i == 29 { value } else { 1.0 }),
            Refused("of row 29"),
        );
    }
    add("a negative weight", &x, weigh(&|i| 5.0 - i as f64), Refused("weight -1 of row 6"));
    add("no weight", &x, weigh(&|_| 0.0), Refused("all are zero"));
    add("short weights", &x, Some(Array1::ones(29)), Refused("expected 30, found 29"));
    cases
}

/// What is wrong with the outcome of a fit; `plain` is that on harmless data.
fn wrong<F: Float>(subject: &Subject, learn: &Learn<F>, case: &Case, plain: &Answer) -> Option<String> {
    let (x, weights) = (case.x.mapv(F::of), case.weights.as_ref().map(|w| w.mapv(F::of)));
    let data = Samples { weights: weights.as_ref().map(|w| w.view()), ..Samples::new((&x).into(), ()) };
    let mut failures = Failures::default();
    let outcome = failures.watch("", || learn(data));
    if let Some(failure) = failures.0.pop() {
        return Some(failure);
    }
    let outcome = outcome?;
    let weightless = case.weights.is_some() && !subject.accepts.weights;
    let found = match (outcome, &case.expected) {
        (Ok(_), _) if weightless => return Some("weights are accepted and ignored".into()),
        (Err(error), _) if weightless => {
            return (!matches!(
                error,
                Error::Unsupported { .. } | Error::Weights { .. } | Error::Shape { .. }
            ))
            .then(|| format!("weights: {error}"));
        }
        (outcome, Refused(_)) if subject.accepts.missing && case.name == "NaN" => {
            return outcome.err().map(|error| format!("missing values are refused: {error}"));
        }
        (Err(error), Refused(words)) => {
            let message = error.to_string();
            return (!message.contains(words)).then(|| format!("`{message}` does not say `{words}`"));
        }
        (Ok(_), Refused(words)) => return Some(format!("accepted, instead of `{words}`")),
        (Err(error), _) => return (case.name == "plain").then(|| format!("refuses harmless data: {error}")),
        (Ok(found), _) => found,
    };
    let n = x.nrows();
    // Where rows count for nothing there may be no density; and single precision holds less than what is calculated.
    let absent = |i: usize| {
        subject.name.contains("KernelDensity") && weights.as_ref().is_some_and(|w| w[i] == F::zero())
    };
    let short = F::NAME == "f32" && {
        let (x, weights) = (x.mapv(F::f64), weights.as_ref().map(|w| w.mapv(F::f64)));
        let data = Samples { weights: weights.as_ref().map(|w| w.view()), ..Samples::new((&x).into(), ()) };
        let wide = failures.watch("", || (subject.double)(data));
        let most = f64::from(f32::MAX);
        !matches!(wide, Some(Ok(wide)) if wide.said.iter().chain(&wide.more).all(|v| v.abs() <= most))
    };
    let none = |v: &f64| v.is_nan() || v.is_infinite() && !short;
    if let Some(at) = found.said.indexed_iter().find(|((i, _), v)| none(v) && !absent(*i)) {
        return Some(format!("says {at:?}"));
    }
    if let Some(at) = found.more.iter().position(none).filter(|_| !(0..n).any(absent)) {
        return Some(format!("more[{at}] is {}", found.more[at]));
    }
    if let Some(kept) = &found.kept {
        let labels = kept.iter().all(|v| v.fract() == 0.0 && (-1.0..n as f64).contains(v));
        if kept.nrows() != n || !labels {
            return Some(format!("labels {kept}"));
        }
        let different = (0..n).all(|i| (0..i).all(|k| x.row(i) != x.row(k)));
        let again = subject.says_again && (different || !subject.name.contains("Hdbscan"));
        if again && let Some(i) = (0..n).find(|i| kept[[*i, 0]] != found.said[[*i, 0]]) {
            return Some(format!(
                "row {i} is of cluster {}, and predicted {}",
                kept[[i, 0]],
                found.said[[i, 0]]
            ));
        }
    }
    if let Some(at) = found.model.find("NaN") {
        let before: String = found.model[..at].chars().rev().take(90).collect();
        return Some(format!("holds NaN: …{}", before.chars().rev().collect::<String>()));
    }
    let usual = super::words(&plain.model);
    let silent = super::words(&found.model).iter().all(|word| usual.contains(word));
    let labels =
        |answer: &Answer| answer.kept.clone().unwrap_or_else(|| answer.said.slice(s![.., ..1]).to_owned());
    let survives = case.x.iter().all(|v| F::of(*v).f64() == *v || F::NAME == "f32" && v.abs() > 1e-30);
    (matches!(case.expected, Same)
        && survives
        && subject.any_scale
        && silent
        && labels(&found) != labels(plain))
    .then(|| "other clusters than without the scale, without a word".into())
}

fn attack<F: Float>(learn: impl Fn(&Subject) -> &Learn<F>) {
    let (subjects, cases) = (subjects(), cases());
    let mut failures = Failures::default();
    let plain = heaps(30, 3).mapv(F::of);
    for subject in &subjects {
        let learn = learn(subject);
        let plain = match failures.watch(&subject.name, || learn((&plain).into())) {
            Some(Ok(plain)) => plain,
            // Extreme settings may be beyond single precision.
            Some(Err(_)) if F::NAME == "f32" => continue,
            outcome => {
                failures.0.push(format!("{} on harmless data: {:?}", subject.name, outcome.map(Result::err)));
                continue;
            }
        };
        let found = cases.iter().filter_map(|case| Some((case, wrong(subject, learn, case, &plain)?)));
        failures.0.extend(found.map(|(case, what)| format!("{} on {}: {what}", subject.name, case.name)));
    }
    failures.none();
}

#[test]
fn no_data_break_a_model() {
    attack::<f64>(|subject| &subject.double);
}

#[test]
fn no_data_break_a_model_of_single_precision() {
    attack::<f32>(|subject| &subject.single);
}

/// What two outcomes that must be the same differ in.
fn differ(a: &Result<Answer>, b: &Result<Answer>, share: f64) -> Option<String> {
    let part = |what: &str, a: &Array2<f64>, b: &Array2<f64>| {
        if a.dim() != b.dim() {
            return Some(format!("{what}: {:?} and {:?}", a.dim(), b.dim()));
        }
        let largest = a.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
        let apart = a.indexed_iter().zip(b).find(|((_, a), b)| a != b && (*a - *b).abs() > share * largest);
        apart.map(|((at, a), b)| format!("{what} at {at:?}: {a} and {b}"))
    };
    match (a, b) {
        (Ok(a), Ok(b)) => {
            let kept = a.kept.as_ref().zip(b.kept.as_ref()).and_then(|(a, b)| part("kept", a, b));
            kept.or_else(|| part("said", &a.said, &b.said))
        }
        (Err(_), Err(_)) => None,
        (Ok(_), Err(e)) | (Err(e), Ok(_)) => Some(format!("one is refused: {e}")),
    }
}

#[test]
fn layouts_and_stored_zeros_change_nothing() {
    let mut x = heaps(30, 4);
    x.mapv_inplace(|v| if v < 1.2 { 0.0 } else { v });
    x.column_mut(2).fill(0.0);
    x.row_mut(4).fill(0.0);
    let mut columns = Array2::zeros((30, 4).f());
    columns.assign(&x);
    let mut gaps = Array2::from_elem((60, 9), f64::NAN);
    gaps.slice_mut(s![..;2, 1..;2]).assign(&x);
    let back = x.slice(s![..;-1, ..;-1]).to_owned();
    let all = (0..30).flat_map(|i| (0..4).map(move |j| (i, j)));
    let stored = Csr::from_triplets(30, 4, all.map(|(i, j)| (i, j, x[[i, j]]))).unwrap();
    let tight = Csr::from_dense(x.view());
    let dense = [columns.view(), gaps.slice(s![..;2, 1..;2]), back.slice(s![..;-1, ..;-1])];
    let mut failures = Failures::default();
    for subject in subjects() {
        let plain = (subject.double)((&x).into());
        for (k, view) in dense.iter().enumerate() {
            let found = (subject.double)(Samples::new(view.into(), ()));
            let apart = differ(&plain, &found, 1e-9);
            failures.0.extend(apart.map(|apart| format!("{}, layout {k}: {apart}", subject.name)));
        }
        for csr in [&stored, &tight] {
            let found = (subject.double)(Samples::new(csr.into(), ()));
            let apart = match found {
                Err(Error::Unsupported { .. }) if !subject.accepts.sparse => None,
                _ if !subject.accepts.sparse => Some("is read, though not said to be".into()),
                // Steps of a descent that ends within its tolerance.
                found => {
                    differ(&plain, &found, if subject.name.contains("OneClassSvm") { 1e-4 } else { 1e-7 })
                }
            };
            failures.0.extend(apart.map(|apart| format!("{}, sparse: {apart}", subject.name)));
        }
    }
    failures.none();
}

#[test]
fn threads_change_no_bit() {
    let x = heaps(700, 3) + 0.3 * table(700, 3, 3);
    let mut failures = Failures::default();
    for subject in subjects().iter().filter(|subject| !subject.name.contains("AffinityPropagation")) {
        // Closures of the table are not sent to other threads; the table is made there.
        let run = |threads| {
            let (name, x) = (&subject.name, &x);
            estimand_par::with_threads(threads, || {
                let subject = subjects().into_iter().find(|s| s.name == *name).unwrap();
                (subject.double)(x.into()).map(|answer| (answer.kept, answer.said, answer.more))
            })
            .unwrap()
        };
        if let Some((Ok(one), Ok(two))) = failures.watch(&subject.name, || (run(1), run(2)))
            && one != two
        {
            failures.0.push(subject.name.clone());
        }
    }
    failures.none();
}

#[test]
fn a_weight_of_two_is_the_row_twice_and_none_is_absence() {
    let x = heaps(36, 3) + 0.4 * table(36, 3, 8);
    let weights = Array1::from_shape_fn(36, |i| [1.0, 2.0, 0.0, 3.0, 1.0][i % 5]);
    // What is absent may be as strange as it likes.
    let mut strange = x.clone();
    (0..36).filter(|i| weights[*i] == 0.0).for_each(|i| strange[[i, 1]] *= 1e3);
    let rows: Vec<usize> = (0..36).flat_map(|i| std::iter::repeat_n(i, weights[i] as usize)).collect();
    let present: Vec<usize> = (0..36).filter(|i| weights[*i] > 0.0).collect();
    let first: Vec<usize> = present.iter().filter_map(|i| rows.iter().position(|row| row == i)).collect();
    let of = |answer: Answer, rows: &[usize]| Answer {
        kept: answer.kept.map(|kept| kept.select(Axis(0), rows)),
        said: answer.said.select(Axis(0), rows),
        ..answer
    };
    let mut failures = Failures::default();
    // A tree that holds every row refuses those without weight. Rows are drawn, or looked at one by one, in another order if one is there twice; the target of components is that of
    // the row's number; and what lies on the border of a support is decided by the last digit.
    let ordered = ["Agglomerative", "Sgd", "Random", "MiniBatch", "OneClass", "Neighborhood"];
    for subject in
        subjects().iter().filter(|s| s.accepts.weights && !ordered.iter().any(|word| s.name.contains(word)))
    {
        let weighed = (subject.double)(Samples::from(&strange).with_weights(&weights));
        let repeated = (subject.double)((&x.select(Axis(0), &rows)).into());
        let apart = differ(&weighed.map(|a| of(a, &present)), &repeated.map(|a| of(a, &first)), 1e-5);
        failures.0.extend(apart.map(|apart| format!("{}: {apart}", subject.name)));
    }
    failures.none();
}

#[test]
fn damaged_models_are_refused_or_harmless() {
    let x = heaps(9, 2);
    let mut failures = Failures::default();
    let mut seen = std::collections::BTreeSet::new();
    for subject in subjects() {
        let Ok(file) = (subject.file)(&x) else { continue };
        // One of each model; of those that remember settings, the first.
        if seen.insert(file.model()) {
            file.attack(&mut failures, 150);
        }
    }
    failures.none();
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let x = heaps(30, 3);
    let mut failures = Failures::default();
    macro_rules! refuse {
        ($($what:literal: [$($settings:expr),* $(,)?]),* $(,)?) => {$($(
            failures.must_refuse(stringify!($settings), learn::<f64, (), _>(&$settings, (&x).into()), $what);
        )*)*};
    }
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let (three, mixture, bayesian) =
        (KMeans::new(3), GaussianMixture::new(2), BayesianGaussianMixture::new(2));
    let (ward, spectral, shift) =
        (AgglomerativeClustering::new(2), SpectralClustering::new(2), MeanShift::new());
    let (scan, crowd, order) = (Dbscan::new(), Hdbscan::new(), Optics::new());
    let (forest, one_class, sgd) = (IsolationForest::new(), OneClassSvm::new(), SgdOneClassSvm::new());
    let (factor, density) = (LocalOutlierFactor::new(), KernelDensity::new());
    let nearest = NearestNeighbors::new();
    let xi = |xi, size| Extraction::Xi { xi, min_cluster_size: size, predecessor_correction: true };
    let given = |points: Array2<f64>| KMeansInit::Given(points);
    let short = Metric::WeightedMinkowski { p: 2.0, weights: vec![1.0] };
    let negative = Metric::WeightedMinkowski { p: 2.0, weights: vec![1.0, -1.0, 1.0] };
    for bad in [nan, -1.0, inf] {
        refuse!(
            "`tol`": [three.clone().tol(bad), MiniBatchKMeans::new(2).tol(bad), BisectingKMeans::new(2).tol(bad),
                mixture.clone().tol(bad), bayesian.clone().tol(bad), one_class.clone().tol(bad), sgd.clone().tol(Some(bad))],
            "`reassignment_ratio`": [MiniBatchKMeans::new(2).reassignment_ratio(bad)],
            "`eps`": [scan.clone().eps(bad)],
            "`cluster_selection_epsilon`": [crowd.clone().cluster_selection_epsilon(bad)],
            "`alpha`": [crowd.clone().alpha(bad)],
            "xi": [order.clone().extraction(xi(bad, None))],
            "`distance_threshold`": [ward.clone().distance_threshold(Some(bad))],
            "gamma": [spectral.clone().affinity(Affinity::Rbf { gamma: bad }), one_class.clone().gamma(Gamma::Value(bad)),
                RbfSampler::new().gamma(Gamma::Value(bad)), Nystroem::new().n_components(3).gamma(Gamma::Value(bad))],
            "`eigen_tol`": [spectral.clone().eigen_tol(bad)],
            "`bandwidth`": [shift.clone().bandwidth(Some(bad)), density.clone().bandwidth(bad)],
            "`damping`": [AffinityPropagation::new().damping(bad)],
            "`threshold`": [Birch::new().threshold(bad)],
            "`reg_covar`": [mixture.clone().reg_covar(bad), bayesian.clone().reg_covar(bad)],
            "`mean_precision_prior`": [bayesian.clone().mean_precision_prior(bad)],
            "`degrees_of_freedom_prior`": [bayesian.clone().degrees_of_freedom_prior(Some(bad))],
            "`weight_concentration_prior`": [bayesian.clone().weight_concentration_prior(Some(bad))],
            "contamination": [forest.clone().contamination(Some(bad)), factor.clone().contamination(bad)],
            "`max_samples`": [forest.clone().max_samples(bad)],
            "max_features": [forest.clone().max_features(bad)],
            "`nu`": [one_class.clone().nu(bad), sgd.clone().nu(bad)],
            "`cache_size`": [one_class.clone().cache_size(bad)],
            "`eta0`": [sgd.clone().eta0(bad)],
            "`power_t`": [sgd.clone().power_t(bad)],
            "`sample_interval`": [AdditiveChi2Sampler::new().sample_interval(Some(bad))],
            "`skewedness`": [SkewedChi2Sampler::new().skewedness(bad)],
            "`coef0`": [PolynomialCountSketch::new().coef0(bad)],
            "`gamma`": [PolynomialCountSketch::new().gamma(bad)],
            "`radius`": [nearest.clone().radius(bad)],
        );
    }
    refuse!(
        "`n_clusters`": [KMeans::new(0), KMeans::new(31), MiniBatchKMeans::new(0), MiniBatchKMeans::new(31), BisectingKMeans::new(0),
            BisectingKMeans::new(31), KMedoids::new(0), KMedoids::new(31), AgglomerativeClustering::new(0),
            AgglomerativeClustering::new(31), SpectralClustering::new(0), SpectralClustering::new(31), Birch::new().n_clusters(Some(0))],
        "`n_components`": [GaussianMixture::new(0), GaussianMixture::new(31), BayesianGaussianMixture::new(0),
            BayesianGaussianMixture::new(31), Nystroem::new().n_components(0), RbfSampler::new().n_components(0),
            SkewedChi2Sampler::new().n_components(0), PolynomialCountSketch::new().n_components(0), spectral.clone().n_components(Some(0)),
            spectral.clone().n_components(Some(31))],
        "`max_iter`": [three.clone().max_iter(0), MiniBatchKMeans::new(2).max_iter(0), BisectingKMeans::new(2).max_iter(0),
            KMedoids::new(2).max_iter(0), shift.clone().max_iter(0), AffinityPropagation::new().max_iter(0), mixture.clone().max_iter(0),
            bayesian.clone().max_iter(0), sgd.clone().max_iter(0)],
        "`n_init`": [three.clone().n_init(Some(0)), MiniBatchKMeans::new(2).n_init(Some(0)), BisectingKMeans::new(2).n_init(0),
            spectral.clone().n_init(0), mixture.clone().n_init(0), bayesian.clone().n_init(0)],
        "`batch_size`": [MiniBatchKMeans::new(2).batch_size(0)],
        "`init_size`": [MiniBatchKMeans::new(2).init_size(Some(0))],
        "init": [KMedoids::new(2).init(KMedoidsInit::Given(vec![0])),
            KMedoids::new(2).init(KMedoidsInit::Given(vec![0, 30])), KMedoids::new(2).init(KMedoidsInit::Given(vec![4, 4])),
            mixture.clone().weights_init(Some(array![0.5])), mixture.clone().weights_init(Some(array![0.5, 0.4])),
            mixture.clone().weights_init(Some(array![1.5, -0.5])), mixture.clone().weights_init(Some(array![nan, 1.0])),
            mixture.clone().covariance(CovarianceType::Spherical).precisions_init(Some(Covariances::Spherical(array![1.0, -1.0]))),
            mixture.clone().covariance(CovarianceType::Tied).precisions_init(Some(Covariances::Tied(Array2::zeros((3, 3))))),
            bayesian.clone().shares_init(Some(Array2::zeros((30, 2)))),  bayesian.clone().shares_init(Some(Array2::from_elem((30, 2), nan)))],
        "mean_prior": [bayesian.clone().mean_prior(Some(array![0.0])), bayesian.clone().mean_prior(Some(array![0.0, nan, 0.0]))],
        "`degrees_of_freedom_prior`": [bayesian.clone().degrees_of_freedom_prior(Some(2.0))],
        "covariance_prior": [bayesian.clone().covariance_prior(Some(Covariances::Tied(Array2::eye(2)))),
            bayesian.clone().covariance_prior(Some(Covariances::Spherical(array![1.0])))],
        "`min_samples`": [scan.clone().min_samples(0), crowd.clone().min_samples(0), crowd.clone().min_samples(31), order.clone().min_samples(1),
            order.clone().min_samples(31)],
        "`min_cluster_size`": [crowd.clone().min_cluster_size(1)],
        "`max_cluster_size`": [crowd.clone().max_cluster_size(0)],
        "`max_eps`": [order.clone().max_eps(-1.0), order.clone().max_eps(nan)],
        "max_eps": [order.clone().max_eps(1.0).extraction(Extraction::Dbscan(2.0))],
        "xi": [order.clone().extraction(xi(0.0, None)), order.clone().extraction(xi(1.0, None))],
        "ward": [ward.clone().metric(Metric::Manhattan)],
        "connectivity": [ward.clone().connectivity(Some(Csr::from_dense(Array2::<f64>::eye(29).view())))],
        "n_neighbors": [spectral.clone().affinity(Affinity::NearestNeighbors { n_neighbors: 0 })],
        "given centers": [three.clone().init(given(Array2::zeros((2, 3)))), three.clone().init(given(Array2::zeros((3, 2)))),
            three.clone().init(given(Array2::from_elem((3, 3), nan))), MiniBatchKMeans::new(3).init(given(Array2::zeros((3, 4)))),
            BisectingKMeans::new(3).init(given(Array2::zeros((3, 3))))],
        "given means": [mixture.clone().means_init(Some(Array2::zeros((2, 2)))),
            mixture.clone().means_init(Some(Array2::from_elem((2, 3), nan)))],
        "given precisions": [mixture.clone().precisions_init(Some(Covariances::Spherical(array![1.0, 1.0])))],
        "given shares": [bayesian.clone().shares_init(Some(Array2::ones((29, 2))))],
        "columns of the similarities": [AffinityPropagation::new().precomputed(true), spectral.clone().affinity(Affinity::Precomputed)],
        "columns of the distances": [KMedoids::new(2).precomputed(true), ward.clone().linkage(Linkage::Single).precomputed(true)],
        "the seeds": [shift.clone().seeds(Some(Array2::zeros((0, 3)))), shift.clone().seeds(Some(Array2::zeros((2, 2)))),
            shift.clone().seeds(Some(Array2::from_elem((1, 3), nan)))],
        "`min_bin_freq`": [shift.clone().min_bin_freq(0)],
        "`convergence_iter`": [AffinityPropagation::new().convergence_iter(0)],
        "`preference`": [AffinityPropagation::new().preference(Some(nan))],
        "`damping`": [AffinityPropagation::new().damping(1.0), AffinityPropagation::new().damping(0.4)],
        "`branching_factor`": [Birch::new().branching_factor(1)],
        "`n_trees`": [forest.clone().n_trees(0), RandomTreesEmbedding::new().n_trees(0)],
        "`max_samples`": [forest.clone().max_samples(0), forest.clone().max_samples(1.5)],
        "max_features": [forest.clone().max_features(0)],
        "contamination": [forest.clone().contamination(Some(0.0)), forest.clone().contamination(Some(0.6)), factor.clone().contamination(0.0),
            factor.clone().contamination(0.6)],
        "`max_depth`": [RandomTreesEmbedding::new().max_depth(0)],
        "`min_samples_leaf`": [RandomTreesEmbedding::new().min_samples_leaf(0)],
        "`n_neighbors`": [factor.clone().n_neighbors(0), factor.clone().n_neighbors(30), nearest.clone().n_neighbors(0),
            KnnImputer::new().n_neighbors(0), ApproximateNeighbors::new().n_neighbors(0)],
        "`m`": [ApproximateNeighbors::new().m(1)],
        "`ef_construction`": [ApproximateNeighbors::new().ef_construction(0)],
        "`ef_search`": [ApproximateNeighbors::new().ef_search(0)],
        "`nu`": [one_class.clone().nu(0.0), one_class.clone().nu(1.1), sgd.clone().nu(0.0)],
        "learning_rate": [sgd.clone().learning_rate(LearningRate::Pa1), sgd.clone().learning_rate(LearningRate::Pa2)],
        "`n_iter_no_change`": [sgd.clone().n_iter_no_change(0)],
        "precomputed": [Nystroem::new().n_components(3).kernel(Kernel::Precomputed)],
        "`sample_steps`": [AdditiveChi2Sampler::new().sample_steps(0), AdditiveChi2Sampler::new().sample_steps(1001)],
        "sample_interval": [AdditiveChi2Sampler::new().sample_steps(4)],
        "`degree`": [PolynomialCountSketch::new().degree(0), PolynomialCountSketch::new().degree(65)],
        "weights": [nearest.clone().metric(short.clone()), nearest.clone().metric(negative.clone()), scan.clone().metric(short), crowd.clone().metric(negative)],
        "the matrix of the metric": [nearest.clone().metric(Metric::Mahalanobis(Some(Array2::eye(2))))],
        "tandardized": [nearest.clone().metric(Metric::StandardizedEuclidean(Some(vec![1.0, 0.0, 1.0])))],
        "inkowski": [nearest.clone().metric(Metric::Minkowski(nan)), nearest.clone().metric(Metric::Minkowski(0.0))],
        "latitude": [nearest.clone().metric(Metric::Haversine)],
    );
    let labels = Array1::from_shape_fn(30, |i| i % 3);
    let components = NeighborhoodComponentsAnalysis::new;
    for (settings, what) in [
        (components().n_components(0), "`n_components`"),
        (components().n_components(4), "n_components"),
        (components().max_iter(0), "`max_iter`"),
        (components().tol(nan), "`tol`"),
        (components().init(ComponentsInit::Given(Array2::zeros((2, 2)))), "first map"),
        (components().init(ComponentsInit::Given(Array2::from_elem((3, 3), nan))), "init"),
        (components().n_components(2).init(ComponentsInit::Given(Array2::eye(3))), "first map"),
    ] {
        failures.must_refuse(&called(&settings), settings.fit((&x, &labels)), what);
    }
    failures.none();
}

#[test]
fn no_option_is_accepted_and_ignored() {
    let x = heaps(60, 3) + 1.5 * (table(60, 3, 2) + 0.5);
    let mut failures = Failures::default();
    macro_rules! differ {
        ($($base:expr => $($setter:ident($value:expr)),+);* $(;)?) => {$({
            let plain = (of($base).double)((&x).into()).map(|answer| answer.model);
            $({
                let other = (of($base.$setter($value)).double)((&x).into()).map(|answer| answer.model);
                match (&plain, other) {
                    (Ok(a), Ok(b)) if *a == b => failures.0.push(stringify!($base.$setter($value)).into()),
                    (Ok(_), Ok(_)) => {}
                    (_, b) => failures.0.push(format!("{}: {:?}", stringify!($base.$setter($value)), b.err())),
                }
            })+
        })*};
    }
    let far = || KMeansInit::Given(&x.slice(s![..6, ..]) + 3.0);
    let joined =
        Csr::from_dense(Array2::from_shape_fn((60, 60), |(i, j)| f64::from(u8::from(i + 1 == j))).view());
    let start = || x.slice(s![..3, ..]).to_owned();
    differ! {
        KMeans::new(6) => init(KMeansInit::Random), init(far()), n_init(Some(9)), max_iter(1), seed(3);
        KMeans::new(6).init(far()) => tol(0.9), algorithm(KMeansAlgorithm::Lloyd);
        MiniBatchKMeans::new(6).batch_size(10) => init(KMeansInit::Random), n_init(Some(1)), init_size(Some(7)), batch_size(20), max_iter(1),
            tol(0.9), max_no_improvement(Some(1)), seed(3);
        MiniBatchKMeans::new(6).batch_size(10).init(far()).max_iter(30) => reassignment_ratio(0.9);
        BisectingKMeans::new(6) => init(KMeansInit::Random), n_init(9), max_iter(1), seed(3), bisecting_strategy(BisectingStrategy::LargestCluster);
        KMedoids::new(6) => metric(Metric::Chebyshev), init(KMedoidsInit::Random), init(KMedoidsInit::Given(vec![0, 3, 6, 9, 12, 15]));
        KMedoids::new(6).init(KMedoidsInit::Random) => max_iter(1);
        KMedoids::new(20).init(KMedoidsInit::Random) => seed(3);
        Dbscan::new().eps(1.0) => eps(0.9), min_samples(2), metric(Metric::Manhattan), algorithm(Algorithm::BallTree);
        Hdbscan::new() => min_cluster_size(9), min_samples(2), max_cluster_size(10), alpha(0.5), metric(Metric::Manhattan),
            algorithm(Algorithm::BallTree);
        Hdbscan::new().min_cluster_size(2).min_samples(2) => cluster_selection_epsilon(2.0), cluster_selection(ClusterSelection::Leaf);
        Hdbscan::new().min_cluster_size(28) => allow_single_cluster(true);
        Optics::new() => min_samples(3), max_eps(0.9), extraction(Extraction::Dbscan(1.0)), metric(Metric::Manhattan), algorithm(Algorithm::BallTree);
        Optics::new().extraction(Extraction::Xi { xi: 0.05, min_cluster_size: None, predecessor_correction: true }) =>
            extraction(Extraction::Xi { xi: 0.3, min_cluster_size: None, predecessor_correction: true }),
            extraction(Extraction::Xi { xi: 0.05, min_cluster_size: Some(15), predecessor_correction: true });
        AgglomerativeClustering::new(4) => linkage(Linkage::Complete), distance_threshold(Some(1.0)), connectivity(Some(joined.clone()));
        AgglomerativeClustering::new(4).linkage(Linkage::Average) => metric(Metric::Manhattan), linkage(Linkage::Single);
        SpectralClustering::new(4) => affinity(Affinity::Rbf { gamma: 0.1 }), affinity(Affinity::NearestNeighbors { n_neighbors: 5 }),
            n_components(Some(2));
        SpectralClustering::new(9).n_init(1) => seed(3);
        MeanShift::new() => bandwidth(Some(1.0)), seeds(Some(start())), bin_seeding(true), max_iter(1);
        MeanShift::new().bandwidth(Some(1.0)).bin_seeding(true) => min_bin_freq(2);
        MeanShift::new().bandwidth(Some(1.0)).seeds(Some(start())) => cluster_all(false);
        AffinityPropagation::new() => damping(0.9), preference(Some(-50.0)), max_iter(3), convergence_iter(40);
        Birch::new() => threshold(1.0), n_clusters(None), branching_factor(3);
        GaussianMixture::new(3) => covariance(CovarianceType::Tied), reg_covar(0.1), max_iter(1), init(MixtureInit::Random),
            weights_init(Some(array![0.8, 0.1, 0.1])), means_init(Some(start())), seed(3);
        GaussianMixture::new(3).covariance(CovarianceType::Spherical) => precisions_init(Some(Covariances::Spherical(array![9.0, 0.1, 1.0])));
        GaussianMixture::new(3).init(MixtureInit::RandomRows) => tol(0.5), n_init(5), init(MixtureInit::PlusPlus);
        BayesianGaussianMixture::new(3) => covariance(CovarianceType::Tied), reg_covar(0.1), max_iter(1), init(MixtureInit::Random),
            shares_init(Some(Array2::from_shape_fn((60, 3), |(i, c)| [0.6, 0.3, 0.1][(i / 20 + c) % 3]))),
            weight_concentration(WeightConcentration::DirichletDistribution),
            weight_concentration_prior(Some(9.0)), mean_precision_prior(9.0), mean_prior(Some(array![0.0, 0.0, 0.0])), degrees_of_freedom_prior(Some(9.0)),
            covariance_prior(Some(Covariances::Tied(Array2::eye(3)))), seed(3);
        BayesianGaussianMixture::new(3).init(MixtureInit::RandomRows) => tol(9.0), n_init(5);
        IsolationForest::new().n_trees(5) => n_trees(6), max_samples(9), contamination(Some(0.1)), max_features(1), bootstrap(true), seed(3);
        LocalOutlierFactor::new() => n_neighbors(5), contamination(0.2), metric(Metric::Manhattan), algorithm(Algorithm::BallTree);
        OneClassSvm::new() => nu(0.2), kernel(Kernel::Linear), gamma(Gamma::Auto), tol(0.3), max_iter(Some(1));
        OneClassSvm::new().kernel(Kernel::Polynomial) => degree(2), coef0(1.0);
        SgdOneClassSvm::new() => nu(0.2), fit_intercept(false), learning_rate(LearningRate::Constant), average(1), max_iter(1), tol(None),
            n_iter_no_change(1), shuffle(false), seed(3);
        SgdOneClassSvm::new().learning_rate(LearningRate::InvScaling) => eta0(0.02), power_t(0.1);
        KernelDensity::new() => bandwidth(2.0), kernel(DensityKernel::Linear), metric(Metric::Manhattan), algorithm(Algorithm::BallTree);
        Nystroem::new().n_components(5) => n_components(6), kernel(Kernel::Linear), gamma(2.0), seed(3);
        Nystroem::new().n_components(5).kernel(Kernel::Polynomial) => degree(2), coef0(2.0);
        RbfSampler::new().n_components(5) => n_components(6), gamma(2.0), seed(3);
        AdditiveChi2Sampler::new() => sample_steps(3), sample_interval(Some(0.3));
        SkewedChi2Sampler::new().n_components(5) => n_components(6), skewedness(2.0), seed(3);
        PolynomialCountSketch::new().n_components(5) => n_components(6), gamma(2.0), degree(3), coef0(1.0), seed(3);
        RandomTreesEmbedding::new().n_trees(5) => n_trees(6), max_depth(2), min_samples_leaf(9), seed(3);
        KnnImputer::new() => n_neighbors(3), weights(NeighborWeights::Distance);
        NearestNeighbors::new() => n_neighbors(3), radius(2.0), metric(Metric::Manhattan), algorithm(Algorithm::BallTree);
        ApproximateNeighbors::new() => n_neighbors(3), m(3), ef_construction(3), ef_search(3), recall_rows(0), metric(Metric::Manhattan), seed(3);
    }
    failures.none();
}
