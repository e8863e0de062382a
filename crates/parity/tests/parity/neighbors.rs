//! Neighbours: distances, votes, means, centroids, outlier factors and densities of the reference.

use crate::inputs::{classes_of, weights_of};
use estimand::core::{Features, Priors};
use estimand::neighbors::{
    Bandwidth, CentroidMetric, ComponentsInit, Contamination, DensityKernel, Edges, KnnImputer,
    NeighborhoodComponentsAnalysis, Outliers, RadiusNeighborsRegressor,
};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

fn metric(case: &Case) -> Result<Metric, String> {
    let list = |name: &str| case.optional_param(name).map(|v| v.numbers()).transpose();
    let power = case.optional_param("p").map_or(Ok(2.0), |p| p.number())?;
    Ok(match case.param("metric")?.read::<&str>()? {
        "euclidean" => Metric::Euclidean,
        "sqeuclidean" => Metric::SquaredEuclidean,
        "manhattan" => Metric::Manhattan,
        "chebyshev" => Metric::Chebyshev,
        "minkowski" => match list("w")? {
            Some(weights) => Metric::WeightedMinkowski { p: power, weights },
            None => Metric::Minkowski(power),
        },
        "seuclidean" => Metric::StandardizedEuclidean(list("V")?),
        "mahalanobis" => Metric::Mahalanobis(Some(case.param("VI")?.matrix()?)),
        "cosine" => Metric::Cosine,
        "correlation" => Metric::Correlation,
        "haversine" => Metric::Haversine,
        "canberra" => Metric::Canberra,
        "braycurtis" => Metric::BrayCurtis,
        "nan_euclidean" => Metric::NanEuclidean,
        "hamming" => Metric::Hamming,
        "jaccard" => Metric::Jaccard,
        "dice" => Metric::Dice,
        "rogerstanimoto" => Metric::RogersTanimoto,
        "russellrao" => Metric::RussellRao,
        "sokalsneath" => Metric::SokalSneath,
        "yule" => Metric::Yule,
        other => return Err(format!("no metric is called {other}")),
    })
}

/// Numbers, truth values among them.
fn table(case: &Case, name: &str) -> Result<Array2<f64>, String> {
    match case.input(name)?.read::<Vec<Vec<bool>>>() {
        Ok(rows) => {
            let columns = rows[0].len();
            let values = rows.iter().flatten().map(|v| f64::from(u8::from(*v))).collect();
            Array2::from_shape_vec((rows.len(), columns), values).map_err(|e| e.to_string())
        }
        Err(_) => case.input(name)?.matrix(),
    }
}

#[test]
fn metrics() {
    hold(
        "neighbors",
        |s| s == "metric",
        |case| {
            let (x, queries, metric) = (table(case, "x")?, table(case, "queries")?, metric(case)?);
            let settings = NearestNeighbors::new().metric(metric.clone());
            let all = settings.clone().n_neighbors(x.nrows());
            if metric != Metric::NanEuclidean {
                let model = all.fit(&x)?;
                case.close("distances", &model.kneighbors_graph(&queries, Edges::Distances)?.to_dense());
            } else {
                case.close("distances", &estimand::neighbors::pairwise(&queries, &x, &metric)?);
            }
            if case.expects("rows") {
                let near = settings.clone().n_neighbors(7).fit(&x)?.kneighbors(&queries)?;
                case.same("rows", near.rows.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>());
                let mut distances: Vec<f64> =
                    all.fit(&x)?.kneighbors(&queries)?.distances.into_iter().collect();
                distances.sort_by(f64::total_cmp);
                let middle = (distances[distances.len() / 2 - 1] + distances[distances.len() / 2]) / 2.0;
                let within = settings.radius(middle).fit(&x)?.radius_neighbors(&queries)?;
                case.same("counts", (0..within.len()).map(|i| within.rows(i).len()).collect::<Vec<_>>());
            }
            Ok(())
        },
    );
}

fn neighbor_weights(case: &Case) -> Result<NeighborWeights, String> {
    Ok(match case.param("weights")?.read::<&str>()? {
        "uniform" => NeighborWeights::Uniform,
        _ => NeighborWeights::Distance,
    })
}

#[test]
fn classifiers() {
    fn compare<M: estimand::core::Probabilities<f64>>(
        case: &Case,
        model: &Classifier<M, i64>,
        new: &Array2<f64>,
    ) -> Outcome {
        case.close("proba", &model.predict_proba(new)?);
        case.same("predict", model.predict(new)?.to_vec());
        Ok(())
    }
    hold(
        "neighbors",
        |s| s.ends_with("NeighborsClassifier"),
        |case| {
            let ((x, y), new) = (classes_of(case)?, case.input("new")?.matrix()?);
            let (weights, metric) = (neighbor_weights(case)?, metric(case)?);
            match case.optional_param("n_neighbors") {
                Some(k) => {
                    let settings =
                        KNeighborsClassifier::new().n_neighbors(k.read()?).weights(weights).metric(metric);
                    compare(case, &settings.fit((&x, &y))?, &new)
                }
                None => {
                    let radius = case.param("radius")?.number()?;
                    let settings =
                        RadiusNeighborsClassifier::new().radius(radius).weights(weights).metric(metric);
                    compare(case, &settings.outliers(Outliers::Refuse).fit((&x, &y))?, &new)
                }
            }
        },
    );
}

#[test]
fn regressors() {
    hold(
        "neighbors",
        |s| s.ends_with("NeighborsRegressor"),
        |case| {
            let (x, y) = crate::inputs::numbers_of(case)?;
            let (new, weights, metric) =
                (case.input("new")?.matrix()?, neighbor_weights(case)?, metric(case)?);
            let predicted = match case.optional_param("n_neighbors") {
                Some(k) => {
                    let settings = KNeighborsRegressor::new().n_neighbors(k.read()?).weights(weights);
                    settings.metric(metric).fit((&x, &y))?.predict(&new)?
                }
                None => {
                    let radius = case.param("radius")?.number()?;
                    let settings = RadiusNeighborsRegressor::new().radius(radius).weights(weights);
                    settings.metric(metric).fit((&x, &y))?.predict(&new)?
                }
            };
            case.close("predict", &predicted);
            Ok(())
        },
    );
}

#[test]
fn centroids() {
    hold(
        "neighbors",
        |s| s == "NearestCentroid",
        |case| {
            let ((x, y), new) = (classes_of(case)?, case.input("new")?.matrix()?);
            let metric = match case.param("metric")?.read::<&str>()? {
                "manhattan" => CentroidMetric::Manhattan,
                _ => CentroidMetric::Euclidean,
            };
            let priors = match case.param("priors")?.numbers() {
                Ok(given) => Priors::from(given),
                Err(_) if case.param("priors")?.read::<&str>()? == "empirical" => Priors::Empirical,
                Err(_) => Priors::Uniform,
            };
            let threshold = case.optional_param("shrink_threshold").map(|v| v.number()).transpose()?;
            // There, columns are divided by their deviations where priors are not uniform.
            let settings = NearestCentroid::new().metric(metric).shrink_threshold(threshold);
            let settings = settings.standardize(priors != Priors::Uniform).priors(priors);
            let model = settings.fit((&x, &y))?;
            case.close("centroids", model.centroids());
            case.close("deviations", model.within_class_deviations());
            case.same("predict", model.predict(&new)?.to_vec());
            if case.expects("scores") {
                let mut scores = model.decision_function(&new)?;
                if scores.ncols() > 1 {
                    let mean = scores.mean_axis(Axis(1)).unwrap_or_default();
                    scores -= &mean.insert_axis(Axis(1));
                }
                case.close("scores", &scores);
            }
            Ok(())
        },
    );
}

#[test]
fn outliers() {
    hold(
        "neighbors",
        |s| s == "LocalOutlierFactor",
        |case| {
            let (x, new) = (case.input("x")?.matrix()?, case.input("new")?.matrix()?);
            let contamination = match case.param("contamination")?.number() {
                Ok(share) => Contamination::Share(share),
                Err(_) => Contamination::Auto,
            };
            let settings = LocalOutlierFactor::new()
                .n_neighbors(case.param("n_neighbors")?.read()?)
                .contamination(contamination)
                .metric(metric(case)?);
            let model = settings.fit(&x)?;
            case.close("factors", model.outlier_factors());
            case.same("labels", model.labels().to_vec());
            case.close("limit", &[model.limit()]);
            case.close("scores", &model.score_samples(&new)?);
            case.same("predict", model.predict(&new)?.to_vec());
            Ok(())
        },
    );
}

#[test]
fn densities() {
    hold(
        "neighbors",
        |s| s == "KernelDensity",
        |case| {
            let kernel = match case.param("kernel")?.read::<&str>()? {
                "gaussian" => DensityKernel::Gaussian,
                "tophat" => DensityKernel::Tophat,
                "epanechnikov" => DensityKernel::Epanechnikov,
                "exponential" => DensityKernel::Exponential,
                "linear" => DensityKernel::Linear,
                _ => DensityKernel::Cosine,
            };
            let bandwidth = match case.param("bandwidth")?.read::<&str>() {
                Ok("scott") => Bandwidth::Scott,
                Ok(_) => Bandwidth::Silverman,
                Err(_) => Bandwidth::Value(case.param("bandwidth")?.number()?),
            };
            let (x, weights) = (case.input("x")?.matrix()?, weights_of(case)?);
            let samples = Samples::<f64, ()> { weights: weights.as_ref().map(|w| w.view()), ..(&x).into() };
            let model = KernelDensity::new().kernel(kernel).bandwidth(bandwidth).fit_samples(samples)?;
            assert_eq!(model.features(), &Features::unnamed(x.ncols()));
            case.close("log_density", &model.score_samples(&case.input("new")?.matrix()?)?);
            Ok(())
        },
    );
}

#[test]
fn imputers() {
    hold(
        "neighbors",
        |s| s == "KNNImputer",
        |case| {
            let (x, new) = (case.input("x")?.matrix()?, case.input("new")?.matrix()?);
            let settings = KnnImputer::new().n_neighbors(case.param("n_neighbors")?.read()?);
            let model = settings.weights(neighbor_weights(case)?).fit(&x)?;
            case.close("own", &model.transform(&x)?);
            case.close("filled", &model.transform(&new)?);
            Ok(())
        },
    );
}

/// The reference's maximum is one here too. Which of many is reached depends on the way, but for one dimension.
#[test]
fn components() {
    hold(
        "neighbors",
        |s| s == "NeighborhoodComponentsAnalysis",
        |case| {
            let (x, y) = classes_of(case)?;
            let init = match case.param("init")?.read::<&str>()? {
                "lda" => ComponentsInit::Discriminants,
                _ => ComponentsInit::Given(case.input("map")?.matrix()?),
            };
            let settings = NeighborhoodComponentsAnalysis::new().init(init).max_iter(1000).tol(1e-9);
            let model = settings.n_components(case.param("n_components")?.read::<usize>()?).fit((&x, &y))?;
            case.close("objective", &[model.report().objective.unwrap_or(f64::NAN)]);
            case.close("gram", &model.components().t().dot(&model.components()));
            Ok(())
        },
    );
}
