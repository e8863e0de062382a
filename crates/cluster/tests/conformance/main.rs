//! Every clustering under the conformance suite, as a transformer to distances where it is one.

mod asked;

use asked::Asked;
use estimand_cluster::{
    Affinity, AffinityPropagation, AgglomerativeClustering, BayesianGaussianMixture, Birch, BisectingKMeans,
    ClusterSelection, CovarianceType, Dbscan, Extraction, GaussianMixture, Hdbscan, KMeans, KMedoids,
    Linkage, MeanShift, MiniBatchKMeans, Optics, SpectralClustering,
};
use estimand_testkit::{clusterer, transformer};

#[test]
fn k_means() {
    let drawn = "k-means++ draws rows by their place";
    let suite = transformer(KMeans::new(2).seed(1)).saved().one_row();
    suite.except("the_order_of_training_rows_does_not_matter", drawn).run();
    transformer(KMeans::new(1)).saved().one_row().run();
}

#[test]
fn gaussian_mixture() {
    let drawn = "k-means++ draws rows by their place";
    for covariance in
        [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical]
    {
        let suite = transformer(GaussianMixture::new(2).covariance(covariance).seed(1)).saved().one_row();
        suite.except("the_order_of_training_rows_does_not_matter", drawn).run();
    }
    transformer(GaussianMixture::new(1)).saved().one_row().run();
}

#[test]
fn mini_batch_k_means() {
    let drawn = "k-means++ draws rows by their place";
    let suite = transformer(MiniBatchKMeans::new(2).seed(1)).saved().one_row();
    suite.except("the_order_of_training_rows_does_not_matter", drawn).run();
}

#[test]
fn agglomerative() {
    for linkage in [Linkage::Ward, Linkage::Complete, Linkage::Average, Linkage::Single] {
        let suite = clusterer(Asked(AgglomerativeClustering::new(3).linkage(linkage))).rows(1_500);
        let all = "the tree holds every row: one of weight 0 is refused";
        suite.except("weights_are_repetitions", all).except("weight_zero_is_absence", all).run();
    }
}

#[test]
fn bisecting_k_means() {
    let drawn = "k-means++ draws rows by their place";
    let suite = transformer(BisectingKMeans::new(3).seed(1)).saved().one_row();
    suite.except("the_order_of_training_rows_does_not_matter", drawn).run();
}

#[test]
fn k_medoids() {
    let tried =
        "rows are tried in their order, and there are several best sets of medoids of their neighbourhood";
    let suite = transformer(KMedoids::new(3)).saved().one_row().rows(2_000);
    suite.except("the_order_of_training_rows_does_not_matter", tried).run();
}

#[test]
fn spectral() {
    let near = Affinity::NearestNeighbors { n_neighbors: 10 };
    for affinity in [Affinity::Rbf { gamma: 0.05 }, near] {
        clusterer(Asked(SpectralClustering::new(3).affinity(affinity))).rows(1_500).run();
    }
}

#[test]
fn mean_shift() {
    let settings = MeanShift::new().bandwidth(Some(3.0));
    clusterer(settings.clone()).rows(1_500).run();
    clusterer(settings.bin_seeding(true).cluster_all(false)).rows(1_500).run();
}

#[test]
fn affinity_propagation() {
    clusterer(AffinityPropagation::new().damping(0.7)).rows(700).run();
}

#[test]
fn birch() {
    let tree = "the tree follows the order of the rows";
    let suite = transformer(Birch::new()).saved().one_row().batches().rows(1_500);
    suite.except("the_order_of_training_rows_does_not_matter", tree).run();
}

#[test]
fn bayesian_gaussian_mixture() {
    let drawn = "k-means++ draws rows by their place";
    for covariance in
        [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical]
    {
        let suite =
            transformer(BayesianGaussianMixture::new(2).covariance(covariance).seed(1)).saved().one_row();
        suite.except("the_order_of_training_rows_does_not_matter", drawn).run();
    }
}

#[test]
fn dbscan() {
    clusterer(Dbscan::new().eps(2.5)).run();
    clusterer(Dbscan::new().eps(4.0).min_samples(1).metric(estimand_cluster::Metric::Manhattan)).run();
}

#[test]
fn optics() {
    let first = "the order begins with the first row, and where it is steep depends on that";
    let suite = clusterer(Asked(Optics::new())).rows(1_500);
    suite.except("the_order_of_training_rows_does_not_matter", first).run();
    clusterer(Asked(Optics::new().extraction(Extraction::Dbscan(2.5)))).rows(1_500).run();
}

#[test]
fn hdbscan() {
    for selection in [ClusterSelection::Eom, ClusterSelection::Leaf] {
        clusterer(Hdbscan::new().cluster_selection(selection)).rows(6_000).run();
    }
}
