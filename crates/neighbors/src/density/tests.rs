//! By definition, integrals, weights, far away, draws.

use super::*;
use estimand_core::random::below;
use ndarray::{Axis, array};

const KERNELS: [DensityKernel; 6] = [
    DensityKernel::Gaussian,
    DensityKernel::Tophat,
    DensityKernel::Epanechnikov,
    DensityKernel::Exponential,
    DensityKernel::Linear,
    DensityKernel::Cosine,
];

fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || below(1 << 30, &mut stream) as f64 / f64::from(1 << 30))
}

fn shape(kernel: DensityKernel, u: f64) -> f64 {
    match kernel {
        DensityKernel::Gaussian => (-0.5 * u * u).exp(),
        DensityKernel::Exponential => (-u).exp(),
        _ if u > 1.0 => 0.0,
        DensityKernel::Tophat => 1.0,
        DensityKernel::Epanechnikov => 1.0 - u * u,
        DensityKernel::Linear => 1.0 - u,
        DensityKernel::Cosine => (FRAC_PI_2 * u).cos(),
    }
}

/// (1) with the integral over shells of a ball, by Simpson's rule.
#[test]
fn densities_are_their_definition() {
    for p in [1, 2, 3, 5, 8] {
        let (x, q) = (noise(80, p, p as u64), noise(12, p, 9) * 1.3);
        let weights = Array1::from_shape_fn(80, |i| 1.0 + (i % 3) as f64);
        for kernel in KERNELS {
            let end = if kernel.reaches_everywhere() { 60.0 } else { 1.0 };
            let steps = 200_000;
            let shell = |u: f64| u.powi(p as i32 - 1) * shape(kernel, u);
            let h = end / f64::from(steps);
            let inside: f64 =
                (1..steps).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * shell(f64::from(i) * h)).sum();
            let surface = 2.0 * PI.powf(p as f64 / 2.0) / ln_gamma(p as f64 / 2.0).exp();
            let integral = surface * h / 3.0 * (inside + shell(0.0) + shell(end));
            let model = KernelDensity::new().bandwidth(0.7).kernel(kernel);
            let model = model.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
            let found = model.score_samples(&q).unwrap();
            for (q, found) in q.rows().into_iter().zip(&found) {
                let terms = x
                    .rows()
                    .into_iter()
                    .zip(&weights)
                    .map(|(x, w)| w * shape(kernel, (&x - &q).mapv(|v| v * v).sum().sqrt() / 0.7));
                let truth = terms.sum::<f64>() / (weights.sum() * 0.7_f64.powi(p as i32) * integral);
                // Simpson's rule is good for eight digits.
                let close = (found.exp() - truth).abs() <= 1e-7 * truth + 1e-12;
                assert!(close, "{kernel:?} {p}: {} instead of {truth}", found.exp());
            }
            let one = model.predict_one(&q.row(3).to_vec(), &mut Scratch::new()).unwrap();
            assert_eq!(one, found[3]);
        }
    }
}

/// Where exp(−u²/2) is 0 in double precision, its logarithm is not.
#[test]
fn far_away_is_far_but_not_nowhere() {
    let model = KernelDensity::new().fit(&array![[0.0], [1.0]]).unwrap();
    let found = model.score_samples(&array![[1000.0]]).unwrap()[0];
    let truth = -0.5 * 999.0_f64.powi(2) - 0.5 * TAU.ln() - 2.0_f64.ln();
    assert!((found - truth).abs() < 1e-9 * truth.abs(), "{found} instead of {truth}");
    let linear = KernelDensity::new().kernel(DensityKernel::Linear).fit(&array![[0.0]]).unwrap();
    assert_eq!(linear.score_samples(&array![[2.0]]).unwrap()[0], f64::NEG_INFINITY);
}

#[test]
fn weights_are_repetitions() {
    let x = noise(40, 2, 3);
    let weights = Array1::from_shape_fn(40, |i| (i % 3) as f64);
    let rows: Vec<usize> = (0..40).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    for bandwidth in [Bandwidth::Value(0.3), Bandwidth::Scott, Bandwidth::Silverman] {
        let settings = KernelDensity::new().bandwidth(bandwidth);
        let weighted = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
        let repeated = settings.fit(&x.select(Axis(0), &rows)).unwrap();
        let found = weighted.score_samples(&x).unwrap();
        approx::assert_relative_eq!(found, repeated.score_samples(&x).unwrap(), max_relative = 1e-12);
    }
}

#[test]
fn draws_are_of_the_density() {
    let (x, weights) = (array![[0.0, 0.0], [10.0, 0.0]], array![1.0, 3.0]);
    for kernel in [DensityKernel::Gaussian, DensityKernel::Tophat] {
        let settings = KernelDensity::new().bandwidth(0.5).kernel(kernel);
        let model = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
        let drawn = model.sample(4000, 1).unwrap();
        assert_eq!(drawn, model.sample(4000, 1).unwrap());
        let right = drawn.rows().into_iter().filter(|row| row[0] > 5.0).count() as f64;
        // Five standard deviations of a share of 3 in 4.
        assert!((right / 4000.0 - 0.75).abs() < 0.035, "{right}");
        // h² for a Gaussian, h²/4 for a disc.
        let truth = if kernel == DensityKernel::Gaussian { 0.25 } else { 0.0625 };
        assert!((drawn.column(1).var(0.0) / truth - 1.0).abs() < 0.12);
    }
    let linear = KernelDensity::new().kernel(DensityKernel::Linear).fit(&x).unwrap();
    assert!(linear.sample(1, 0).unwrap_err().to_string().contains("Linear"));
}

#[test]
fn impossible_settings_are_refused() {
    let x = array![[0.0], [1.0]];
    assert!(
        KernelDensity::new().bandwidth(0.0).fit(&x).is_err()
            && KernelDensity::new().bandwidth(f64::NAN).fit(&x).is_err()
    );
    let model = KernelDensity::new().fit(&x).unwrap();
    assert!(
        model.score_samples(&array![[0.0, 1.0]]).is_err()
            && model.score_samples(&array![[f64::NAN]]).is_err()
    );
}
