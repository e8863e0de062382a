use super::*;
use estimand_core::random::{Seed, below};
use estimand_core::{Csr, Persist, Predict, PredictOne, PredictProba, Scratch, TransformOne};
use estimand_par as par;
use ndarray::{Array3, Axis, array, s};
use rand::Rng;

const TYPES: [CovarianceType; 4] =
    [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical];

/// n rows of `k` stretched groups.
fn groups(n: usize, p: usize, k: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let places = Array2::from_shape_simple_fn((k, p), || stream.random_range(-4.0..4.0));
    let mix = Array2::from_shape_simple_fn((p, p), || stream.random_range(-1.0..1.0));
    let mut x = Array2::zeros((n, p));
    for mut row in x.rows_mut() {
        let z: Array1<f64> =
            Array1::from_shape_simple_fn(p, || (0..4).map(|_| stream.random::<f64>() - 0.5).sum());
        row.assign(&(&places.row(below(k, &mut stream)) + &z.dot(&mix)));
    }
    x
}

/// A start that depends on nothing but the data.
fn begin(x: &Array2<f64>, k: usize) -> Components {
    let n = x.nrows();
    let means = Array2::from_shape_fn((k, x.ncols()), |(c, j)| x[[c * n / k, j]]);
    let variance = x.var_axis(Axis(0), 0.0);
    let covariances = Covariances::Full(Array3::from_shape_fn((k, x.ncols(), x.ncols()), |(_, i, j)| {
        if i == j { variance[i] } else { 0.0 }
    }));
    Components { weights: Array1::from_elem(k, 1.0 / k as f64), means, covariances }
}

/// The same in as many numbers as the type has.
fn of_type(covariances: &Covariances, kind: CovarianceType) -> Covariances {
    let Covariances::Full(all) = covariances else { unreachable!() };
    match kind {
        CovarianceType::Full => covariances.clone(),
        CovarianceType::Tied => Covariances::Tied(all.index_axis(Axis(0), 0).to_owned()),
        CovarianceType::Diag => {
            Covariances::Diag(Array2::from_shape_fn((all.dim().0, all.dim().1), |(c, j)| all[[c, j, j]]))
        }
        CovarianceType::Spherical => Covariances::Spherical(Array1::from_shape_fn(all.dim().0, |c| {
            (0..all.dim().1).map(|j| all[[c, j, j]]).sum::<f64>() / all.dim().1 as f64
        })),
    }
}

fn settings(kind: CovarianceType, start: &Components) -> GaussianMixture {
    GaussianMixture::new(start.weights.len())
        .covariance(kind)
        .weights_init(Some(start.weights.clone()))
        .means_init(Some(start.means.clone()))
        .precisions_init(Some(of_type(&start.covariances, kind).inverse().unwrap()))
}

/// ln π_c + ln N(xᵢ; μ_c, Σ_c), n × k, with inverse matrices and determinants by elimination.
fn scores(x: &Array2<f64>, components: &Components) -> Array2<f64> {
    let (k, p) = components.means.dim();
    let matrices = components.covariances.matrices(k, p);
    let mut out = Array2::zeros((x.nrows(), k));
    for c in 0..k {
        for i in 0..x.nrows() {
            let d = &x.row(i) - &components.means.row(c);
            // [Σ | d] → [upper | …]; the squared distance and the determinant fall out of the pivots.
            let mut a = matrices.index_axis(Axis(0), c).to_owned();
            let (mut b, mut log_det) = (d.clone(), 0.0);
            for j in 0..p {
                log_det += a[[j, j]].ln();
                for r in j + 1..p {
                    let f = a[[r, j]] / a[[j, j]];
                    (j..p).for_each(|q| a[[r, q]] -= f * a[[j, q]]);
                    b[r] -= f * b[j];
                }
            }
            let square: f64 = (0..p).map(|j| b[j] * b[j] / a[[j, j]]).sum();
            let normal = p as f64 * std::f64::consts::TAU.ln();
            out[[i, c]] = components.weights[c].ln() - 0.5 * (normal + log_det + square);
        }
    }
    out
}

/// EM as (2) and (3) are written.
fn twin(
    x: &Array2<f64>,
    w: &[f64],
    kind: CovarianceType,
    mut now: Components,
    rounds: usize,
    reg: f64,
) -> (Components, Vec<f64>) {
    let ((n, p), k) = (x.dim(), now.weights.len());
    let total: f64 = w.iter().sum();
    let mut bounds = Vec::new();
    for _ in 0..rounds {
        let mut r = scores(x, &now);
        let mut bound = 0.0;
        for (mut row, w) in r.rows_mut().into_iter().zip(w) {
            let log = row.iter().map(|s| s.exp()).sum::<f64>().ln();
            bound += w * log;
            row.mapv_inplace(|s| w * (s - log).exp());
        }
        bounds.push(bound / total);
        let count = r.sum_axis(Axis(0));
        let means = r.t().dot(x) / count.view().insert_axis(Axis(1));
        let mut within = Array3::<f64>::zeros((k, p, p));
        for (c, i, a, b) in (0..k * n * p * p).map(|t| (t / (n * p * p), t / (p * p) % n, t / p % p, t % p)) {
            within[[c, a, b]] += r[[i, c]] * (x[[i, a]] - means[[c, a]]) * (x[[i, b]] - means[[c, b]]);
        }
        let tied = within.sum_axis(Axis(0)) / total;
        let mut full = Array3::from_shape_fn((k, p, p), |(c, a, b)| within[[c, a, b]] / count[c]);
        if kind == CovarianceType::Tied {
            (0..k).for_each(|c| full.index_axis_mut(Axis(0), c).assign(&tied));
        }
        full.outer_iter_mut().for_each(|mut m| m.diag_mut().mapv_inplace(|v| v + reg));
        now = Components {
            weights: count / total,
            means,
            covariances: of_type(&Covariances::Full(full), kind),
        };
    }
    (now, bounds)
}

fn close(a: &Covariances, b: &Covariances, k: usize, p: usize, tolerance: f64) -> bool {
    let (a, b) = (a.matrices(k, p), b.matrices(k, p));
    (&a - &b).iter().all(|d| d.abs() <= tolerance * (1.0 + b.iter().fold(0.0_f64, |m, v| m.max(v.abs()))))
}

#[test]
fn em_is_its_definition() {
    for (n, p, k) in [(90, 3, 2), (150, 9, 3), (140, 1, 2)] {
        let x = groups(n, p, k, p as u64);
        let mut stream = Seed(5).stream(1);
        let w: Array1<f64> = Array1::from_shape_simple_fn(n, || stream.random_range(0.2..2.0));
        let start = begin(&x, k);
        for kind in TYPES {
            let of_kind = Components { covariances: of_type(&start.covariances, kind), ..start.clone() };
            let (expected, bounds) = twin(&x, w.as_slice().unwrap(), kind, of_kind, 4, 1e-3);
            let fit = settings(kind, &start).reg_covar(1e-3).tol(0.0).max_iter(4);
            let model = fit.fit((&x, &vec![(); n], &w)).unwrap();
            // A few hundred products per sum, through a factor whose condition is below a thousand.
            assert!((model.weights() - &expected.weights).iter().all(|d| d.abs() < 1e-11));
            assert!((model.means() - &expected.means).iter().all(|d| d.abs() < 1e-10));
            assert!(close(model.covariances(), &expected.covariances, k, p, 1e-10), "{kind:?}");
            assert!(model.lower_bounds().iter().zip(&bounds).all(|(a, b)| (a - b).abs() < 1e-10));
            assert!(!model.report().converged && model.report().iterations == 4);

            let scores = scores(&x, &expected);
            let logs = model.score_samples(&x).unwrap();
            let shares = model.predict_proba(&x).unwrap();
            let labels = model.predict(&x).unwrap();
            let (mut scratch, mut one) = (Scratch::new(), Vec::new());
            for (i, row) in x.rows().into_iter().enumerate() {
                let log = scores.row(i).iter().map(|s| s.exp()).sum::<f64>().ln();
                assert!((logs[i] - log).abs() < 1e-8);
                model.transform_one(&row.to_vec(), &mut one, &mut scratch).unwrap();
                for c in 0..k {
                    assert!((shares[[i, c]] - (scores[[i, c]] - log).exp()).abs() < 1e-8);
                    assert!((shares[[i, c]] - one[c]).abs() < 1e-11);
                }
                assert_eq!(model.predict_one(&row.to_vec(), &mut scratch).unwrap(), labels[i]);
            }
        }
    }
}

#[test]
fn one_component_is_the_sample_covariance() {
    let x = array![[1.0, 2.0], [3.0, 1.0], [5.0, 6.0], [7.0, 3.0]];
    let model = GaussianMixture::new(1).reg_covar(0.0).fit(&x).unwrap();
    assert_eq!((model.weights(), model.means().row(0)), (&array![1.0], array![4.0, 3.0].view()));
    let Covariances::Full(full) = model.covariances() else { unreachable!() };
    assert!((&full.index_axis(Axis(0), 0) - &array![[5.0, 2.0], [2.0, 3.5]]).iter().all(|d| d.abs() < 1e-14));
    let spherical =
        GaussianMixture::new(1).reg_covar(0.0).covariance(CovarianceType::Spherical).fit(&x).unwrap();
    assert_eq!(spherical.covariances(), &Covariances::Spherical(array![4.25]));
    // ℓ = −½ (p ln 2π + ln det Σ + p), det Σ = 13.5
    let expected = -0.5 * (2.0 * std::f64::consts::TAU.ln() + 13.5_f64.ln() + 2.0);
    assert!((model.score(&x).unwrap() - expected).abs() < 1e-13);
    assert_eq!(model.n_parameters(), 5);
    assert!((model.bic(&x).unwrap() - (-8.0 * expected + 5.0 * 4.0_f64.ln())).abs() < 1e-12);
    assert!((model.aic(&x).unwrap() - (-8.0 * expected + 10.0)).abs() < 1e-12);
    let inverse = model.precisions().unwrap().matrices(1, 2);
    assert!((inverse[[0, 0, 0]] - 3.5 / 13.5).abs() < 1e-14);
}

#[test]
fn the_log_likelihood_never_falls() {
    let x = groups(600, 4, 4, 8);
    for kind in TYPES {
        for init in [MixtureInit::KMeans, MixtureInit::Random] {
            let fit =
                GaussianMixture::new(5).covariance(kind).init(init).reg_covar(0.0).tol(1e-9).max_iter(60);
            let model = fit.fit(&x).unwrap();
            let bounds = model.lower_bounds();
            // Rounding of a mean of hundreds.
            assert!(bounds.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{kind:?} {init:?} {bounds:?}");
            let score = model.score(&x).unwrap();
            assert!(score >= model.lower_bound() - 1e-12);
        }
    }
}

#[test]
fn weights_are_repetitions_and_places_do_not_matter() {
    let x = groups(200, 3, 2, 4);
    let w = Array1::from_shape_fn(200, |i| (i % 3) as f64);
    let repeated = x.select(Axis(0), &(0..200).flat_map(|i| vec![i; i % 3]).collect::<Vec<_>>());
    let start = begin(&x, 2);
    for kind in TYPES {
        let fit = settings(kind, &start).max_iter(5).tol(0.0);
        let (a, b) = (fit.fit((&x, &[(); 200], &w)).unwrap(), fit.fit(&repeated).unwrap());
        assert!((a.means() - b.means()).iter().all(|d| d.abs() < 1e-11));
        assert!(close(a.covariances(), b.covariances(), 2, 3, 1e-11));
        assert!((a.lower_bound() - b.lower_bound()).abs() < 1e-12);

        let moved = &x + 1e6;
        let far = Components { means: &start.means + 1e6, ..start.clone() };
        let c = settings(kind, &far).max_iter(5).tol(0.0).fit(&moved).unwrap();
        let d = fit.fit(&x).unwrap();
        // Rows themselves lose ten digits of their differences there.
        assert!(close(c.covariances(), d.covariances(), 2, 3, 1e-8), "{kind:?}");
    }
}

#[test]
fn threads_and_single_precision_agree() {
    let x = groups(9000, 5, 3, 2);
    for kind in TYPES {
        let fit = || GaussianMixture::new(3).covariance(kind).seed(1).fit(&x).unwrap();
        let once = par::with_threads(1, fit).unwrap();
        assert_eq!(par::with_threads(3, fit).unwrap(), once);
        let single = GaussianMixture::new(3).covariance(kind).seed(1).fit(&x.mapv(|v| v as f32)).unwrap();
        assert!((single.means() - once.means()).iter().all(|d| d.abs() < 1e-2), "{kind:?}");
        assert_eq!(GaussianMixtureModel::from_bytes(&once.to_bytes().unwrap()).unwrap(), once);
    }
}

#[test]
fn every_start_finds_groups_that_lie_apart() {
    let mut x = groups(300, 2, 1, 6);
    x.slice_mut(s![..100, 0]).mapv_inplace(|v| v + 100.0);
    x.slice_mut(s![100..200, 1]).mapv_inplace(|v| v - 100.0);
    for init in [MixtureInit::KMeans, MixtureInit::PlusPlus, MixtureInit::RandomRows, MixtureInit::Random] {
        // A single row has no variance to reach others with: ε gives it one.
        let model = GaussianMixture::new(3).init(init).n_init(6).reg_covar(1.0).seed(3).fit(&x).unwrap();
        let labels = model.predict(&x).unwrap();
        for part in labels.exact_chunks(100) {
            assert!(part.iter().all(|l| *l == part[0]), "{init:?}");
        }
        assert!(model.report().notes[0].contains("best of 6"));
    }
}

#[test]
fn fitting_goes_on_from_a_model() {
    let x = groups(500, 3, 3, 9);
    let start = begin(&x, 3);
    for kind in TYPES {
        let fit = settings(kind, &start).tol(0.0);
        let all = fit.clone().max_iter(9).fit(&x).unwrap();
        let half = fit.clone().max_iter(4).fit(&x).unwrap();
        let rest = fit.clone().max_iter(5).fit_from(&half, &x).unwrap();
        assert_eq!((rest.means(), rest.covariances()), (all.means(), all.covariances()));
        assert_eq!(rest.lower_bounds(), &all.lower_bounds()[4..]);
        assert!(GaussianMixture::new(2).covariance(kind).fit_from(&half, &x).is_err());
        assert!(fit.fit_from(&half, &x.slice(s![.., 1..]).to_owned()).is_err());
    }
}

#[test]
fn drawn_rows_have_the_moments_of_the_mixture() {
    let x = groups(800, 3, 2, 12);
    for kind in TYPES {
        let model = GaussianMixture::new(2).covariance(kind).fit(&x).unwrap();
        let (rows, labels) = model.sample(40_000, 3).unwrap();
        assert_eq!(model.sample(40_000, 3).unwrap(), (rows.clone(), labels.clone()));
        let matrices = model.covariances().matrices(2, 3);
        for c in 0..2 {
            let own: Vec<usize> = (0..40_000).filter(|i| labels[*i] == c).collect();
            let rows = rows.select(Axis(0), &own);
            assert!((own.len() as f64 / 40_000.0 - model.weights()[c]).abs() < 0.015);
            for j in 0..3 {
                // Five deviations of a mean and of a variance of eight thousand rows and more.
                let sd = matrices[[c, j, j]].sqrt();
                assert!((rows.column(j).mean().unwrap() - model.means()[[c, j]]).abs() < 0.06 * sd);
                assert!((rows.column(j).var(0.0) / (sd * sd) - 1.0).abs() < 0.1);
            }
        }
    }
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]];
    let says = |outcome: Result<GaussianMixtureModel<f64>>, words: &str| {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let two = GaussianMixture::new(2);
    says(GaussianMixture::new(4).fit(&x), "n_components");
    says(GaussianMixture::new(0).fit(&x), "n_components");
    says(two.clone().reg_covar(-1.0).fit(&x), "reg_covar");
    says(two.clone().weights_init(Some(array![0.5, 0.6])).fit(&x), "sum to 1");
    says(two.clone().means_init(Some(array![[1.0], [2.0]])).fit(&x), "given means");
    says(
        two.clone().precisions_init(Some(Covariances::Diag(array![[1.0, 1.0]]))).fit(&x),
        "given precisions",
    );
    let indefinite = Covariances::Tied(array![[1.0, 2.0], [2.0, 1.0]]);
    let tied = two.clone().covariance(CovarianceType::Tied);
    says(tied.precisions_init(Some(indefinite)).fit(&x), "positive definite");
    says(two.clone().reg_covar(0.0).fit(&x), "singular");
    says(two.fit(&array![[1.0], [f64::NAN]]), "NaN");
    says(two.fit(&Csr::from_dense(x.view())), "sparse");
    let model = two.fit(&x).unwrap();
    assert!(model.predict(&array![[1.0]]).is_err() && model.predict(&array![[1.0, f64::INFINITY]]).is_err());
}

#[test]
fn rows_beyond_all_densities_are_refused() {
    let x = groups(40, 3, 2, 1);
    for kind in TYPES {
        let model = GaussianMixture::new(2).covariance(kind).fit(&x).unwrap();
        for far in [[1e300, -1e300, 1e300], [1e200; 3]] {
            let row = Array2::from_shape_fn((1, 3), |(_, j)| far[j]);
            let says = |outcome: Result<()>| assert!(outcome.unwrap_err().to_string().contains("density"));
            says(model.predict(&row).map(drop));
            says(model.predict_proba(&row).map(drop));
            says(model.score_samples(&row).map(drop));
            says(model.predict_one(&far, &mut Scratch::new()).map(drop));
            says(model.transform_one(&far, &mut Vec::new(), &mut Scratch::new()));
        }
        // Far, but not too far.
        let shares = model.predict_proba(&array![[1e100, -1e100, 0.0]]).unwrap();
        assert!((shares.sum() - 1.0).abs() < 1e-12, "{shares}");
    }
}
