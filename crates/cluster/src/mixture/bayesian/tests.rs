use super::*;
use estimand_core::Persist;
use estimand_core::random::Seed;
use estimand_par as par;
use ndarray::array;
use rand::Rng;

fn cloud(n: usize) -> Array2<f64> {
    let mut stream = Seed(1).stream(0);
    Array2::from_shape_fn((n, 2), |(i, j)| {
        [[0.0, 0.0], [9.0, 2.0]][i % 2][j] + stream.random_range(-1.0..1.0)
    })
}

const KINDS: [CovarianceType; 4] =
    [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical];

#[test]
fn components_that_are_not_needed_lose_their_weight_and_the_bound_never_falls() {
    let x = cloud(400);
    for kind in KINDS {
        for prior in [WeightConcentration::DirichletProcess, WeightConcentration::DirichletDistribution] {
            let settings = BayesianGaussianMixture::new(5).covariance(kind).weight_concentration(prior);
            let settings =
                settings.weight_concentration_prior(Some(1e-3)).reg_covar(0.0).max_iter(300).tol(1e-6);
            let fit = || settings.fit(&x).unwrap();
            let model = par::with_threads(1, fit).unwrap();
            assert_eq!(par::with_threads(3, fit).unwrap(), model);
            // Rounding, and nothing else.
            assert!(model.lower_bounds().windows(2).all(|b| b[1] >= b[0] - 1e-9 * b[0].abs()), "{kind:?}");
            let heavy = model.weights().iter().filter(|w| **w > 0.05).count();
            assert!((2..5).contains(&heavy), "{kind:?} {prior:?} {}", model.weights());
            assert_eq!(BayesianGaussianMixtureModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
        }
    }
}

#[test]
fn one_component_by_hand() {
    // N = 4, x̄ = 0, S = 5: β = 5, ν = 5; ν Σ = W₀ + N S with m₀ = x̄.
    let x = array![[-3.0], [-1.0], [1.0], [3.0]];
    let model = BayesianGaussianMixture::new(1)
        .reg_covar(0.0)
        .covariance_prior(Some(Covariances::Tied(array![[2.0]])))
        .fit(&x)
        .unwrap();
    let Covariances::Full(sigma) = model.covariances() else { panic!() };
    assert!((sigma[[0, 0, 0]] - 22.0 / 5.0).abs() < 1e-12);
    assert_eq!((model.mean_precision(), model.degrees_of_freedom()), (&[5.0][..], &[5.0][..]));
    assert_eq!(model.weight_concentration(), [[5.0, 1.0]]);
    let pulled = BayesianGaussianMixture::new(1).mean_prior(Some(array![10.0])).fit(&x).unwrap();
    assert!((pulled.means()[[0, 0]] - 2.0).abs() < 1e-12);
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = cloud(6);
    let says = |settings: BayesianGaussianMixture, words: &str| {
        let error = settings.fit(&x).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let new = BayesianGaussianMixture::new;
    says(new(7), "n_components");
    says(new(1).mean_prior(Some(array![1.0])), "mean_prior");
    says(new(1).degrees_of_freedom_prior(Some(1.0)), "degrees_of_freedom_prior");
    says(new(1).covariance_prior(Some(Covariances::Spherical(array![1.0]))), "covariance_prior");
    says(
        new(1).covariance_prior(Some(Covariances::Tied(array![[1.0, 2.0], [2.0, 1.0]]))),
        "positive definite",
    );
    says(new(2).shares_init(Some(array![[1.0, 0.0]])), "shares");
}
