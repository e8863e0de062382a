//! Clusterings whose clusters have no order: labels are numbered by their lowest rows.

use estimand::cluster::{
    Affinity, AffinityPropagation, AgglomerativeClustering, BayesianGaussianMixture, Birch, BisectingKMeans,
    BisectingStrategy, Linkage, MeanShift, SpectralClustering, WeightConcentration, estimate_bandwidth,
};
use estimand::core::Csr;
use estimand::prelude::*;
use estimand_parity::{Case, hold};
use std::collections::BTreeMap;

/// Rows whose densities and responsibilities are kept.
const ROWS: usize = 12;

fn first<L: Copy + Into<i64>>(labels: impl IntoIterator<Item = L>) -> Vec<i64> {
    let mut names: BTreeMap<i64, i64> = BTreeMap::new();
    let number = |label: L| {
        let next = names.len() as i64;
        let label = label.into();
        if label < 0 { label } else { *names.entry(label).or_insert(next) }
    };
    labels.into_iter().map(number).collect()
}

fn numbered(labels: &Array1<usize>) -> Vec<i64> {
    first(labels.iter().map(|label| *label as i64))
}

#[test]
fn trees_of_clusters() {
    hold(
        "cluster",
        |s| s == "AgglomerativeClustering",
        |case| {
            let x = case.input("x")?.matrix()?;
            let linkage = match case.param("linkage")?.read::<&str>()? {
                "ward" => Linkage::Ward,
                "complete" => Linkage::Complete,
                "average" => Linkage::Average,
                _ => Linkage::Single,
            };
            let metric = match case.optional_param("metric").map(|m| m.read::<&str>()).transpose()? {
                Some("manhattan") => Metric::Manhattan,
                Some("cosine") => Metric::Cosine,
                _ => Metric::Euclidean,
            };
            let mut settings = AgglomerativeClustering::new(2).linkage(linkage).metric(metric);
            if let Some(k) =
                case.optional_param("n_clusters").map(|k| k.read::<Option<usize>>()).transpose()?.flatten()
            {
                settings = settings.n_clusters(k);
            }
            if let Some(threshold) = case.optional_param("distance_threshold") {
                settings = settings.distance_threshold(Some(threshold.number()?));
            }
            if let Some(edges) = case.optional_input("edges") {
                let edges = edges.read::<Vec<[usize; 2]>>()?;
                let n = x.nrows();
                let edges = edges.into_iter().map(|[i, j]| (i, j, 1.0));
                settings = settings.connectivity(Some(Csr::from_triplets(n, n, edges)?));
            }
            let model = settings.fit(&x)?;
            let mut children = model.children().to_vec();
            children.iter_mut().for_each(|pair| pair.sort_unstable());
            case.same("children", children);
            case.close("distances", model.distances());
            case.same("labels", numbered(model.labels()));
            Ok(())
        },
    );
}

#[test]
fn mean_shift() {
    hold(
        "cluster",
        |s| s == "MeanShift",
        |case| {
            let x = case.input("x")?.matrix()?;
            let optional = |name: &str| case.optional_param(name);
            let mut settings = MeanShift::new().bandwidth(Some(case.param("bandwidth")?.number()?));
            settings = settings.bin_seeding(case.param("bin_seeding")?.read()?);
            if let Some(least) = optional("min_bin_freq") {
                settings = settings.min_bin_freq(least.read()?);
            }
            if let Some(all) = optional("cluster_all") {
                settings = settings.cluster_all(all.read()?);
            }
            let model = settings.fit(&x)?;
            case.close("centers", model.centers());
            case.close("bandwidth", &[estimate_bandwidth(&x, 0.3)?]);
            case.same("labels", first(model.labels().iter().copied()));
            Ok(())
        },
    );
}

#[test]
fn affinity_propagation() {
    hold(
        "cluster",
        |s| s == "AffinityPropagation",
        |case| {
            let x = case.input("x")?.matrix()?;
            let mut settings = AffinityPropagation::new();
            if let Some(damping) = case.optional_param("damping") {
                settings = settings.damping(damping.number()?);
            }
            if let Some(preference) = case.optional_param("preference") {
                settings = settings.preference(Some(preference.number()?));
            }
            let model = settings.fit(&x)?;
            case.same("examples", model.examples());
            case.same("iterations", model.report().iterations);
            case.same("labels", first(model.labels().iter().copied()));
            Ok(())
        },
    );
}

#[test]
fn birch() {
    hold(
        "cluster",
        |s| s == "Birch",
        |case| {
            let x = case.input("x")?.matrix()?;
            let mut settings = Birch::new();
            if let Some(threshold) = case.optional_param("threshold") {
                settings = settings.threshold(threshold.number()?);
            }
            if let Some(most) = case.optional_param("branching_factor") {
                settings = settings.branching_factor(most.read()?);
            }
            if let Some(clusters) = case.optional_param("n_clusters") {
                // "none" is no number.
                settings = settings.n_clusters(clusters.read::<usize>().ok());
            }
            let model = settings.fit(&x)?;
            let mut centers: Vec<Vec<f64>> =
                model.subcluster_centers().rows().into_iter().map(|row| row.to_vec()).collect();
            centers.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
            case.close("centers", &centers.concat());
            case.same("labels", numbered(model.labels()));
            Ok(())
        },
    );
}

#[test]
fn spectral() {
    hold(
        "cluster",
        |s| s == "SpectralClustering",
        |case| {
            let affinity = match case.optional_param("gamma") {
                Some(gamma) => Affinity::Rbf { gamma: gamma.number()? },
                None => Affinity::NearestNeighbors { n_neighbors: case.param("n_neighbors")?.read()? },
            };
            let model = SpectralClustering::new(3).affinity(affinity).fit(&case.input("x")?.matrix()?)?;
            case.same("labels", numbered(model.labels()));
            Ok(())
        },
    );
}

#[test]
fn bisecting_k_means() {
    hold(
        "cluster",
        |s| s == "BisectingKMeans",
        |case| {
            let strategy = match case.param("bisecting_strategy")?.read::<&str>()? {
                "largest_cluster" => BisectingStrategy::LargestCluster,
                _ => BisectingStrategy::BiggestInertia,
            };
            let settings = BisectingKMeans::new(3).n_init(10).tol(0.0).bisecting_strategy(strategy);
            let model = settings.fit(&case.input("x")?.matrix()?)?;
            case.close("inertia", &[model.inertia()]);
            case.same("labels", numbered(model.labels()));
            Ok(())
        },
    );
}

fn bayesian_of(case: &Case) -> Result<BayesianGaussianMixture, String> {
    let optional = |name: &str| case.optional_param(name).map(|value| value.number()).transpose();
    let prior = match case.param("weight_concentration_prior_type")?.read::<&str>()? {
        "dirichlet_distribution" => WeightConcentration::DirichletDistribution,
        _ => WeightConcentration::DirichletProcess,
    };
    let mut settings = BayesianGaussianMixture::new(case.param("n_components")?.read()?)
        .covariance(crate::cluster::kind(case)?)
        .tol(case.param("tol")?.number()?)
        .reg_covar(case.param("reg_covar")?.number()?)
        .max_iter(case.param("max_iter")?.read()?)
        .shares_init(Some(case.input("shares")?.matrix()?))
        .weight_concentration(prior)
        .weight_concentration_prior(optional("weight_concentration_prior")?)
        .degrees_of_freedom_prior(optional("degrees_of_freedom_prior")?)
        .mean_prior(case.optional_param("mean_prior").map(|v| v.vector()).transpose()?);
    if let Some(prior) = optional("mean_precision_prior")? {
        settings = settings.mean_precision_prior(prior);
    }
    Ok(settings)
}

#[test]
fn mixtures_with_priors() {
    hold(
        "cluster",
        |s| s == "BayesianGaussianMixture",
        |case| {
            let x = case.input("x")?.matrix()?;
            let model = bayesian_of(case)?.fit(&x)?;
            case.close("weights", model.weights());
            case.close("means", model.means());
            case.close("covariances", &crate::cluster::flat(model.covariances()));
            case.close("bounds", model.lower_bounds());
            case.same("iterations", model.report().iterations);
            case.close("concentration", model.weight_concentration().as_flattened());
            case.close("precision", model.mean_precision());
            case.close("freedom", model.degrees_of_freedom());
            let some = x.slice(s![..ROWS, ..]).to_owned();
            case.close("scores", &model.score_samples(&some)?);
            case.close("proba", &model.predict_proba(&some)?);
            case.same("labels", model.predict(&x)?.to_vec());
            Ok(())
        },
    );
}
