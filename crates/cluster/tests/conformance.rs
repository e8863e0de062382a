//! Every clustering under the conformance suite, as a transformer to distances.

use estimand_cluster::{CovarianceType, GaussianMixture, KMeans, MiniBatchKMeans};
use estimand_testkit::transformer;

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
