use super::*;
use crate::testing::{records, uniform};
use estimand_core::{Csr, Persist, Predict};
use ndarray::array;

fn wave(n: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, mut noise) = (records(n, 2, seed), uniform(seed + 1));
    let y = x.rows().into_iter().map(|r| (4.0 * r[0]).sin() + r[1] + 0.3 * noise()).collect();
    (x, y)
}

/// (1) less the negated (2).
fn duality_gap(model: &SvrModel<f64>, x: &Array2<f64>, y: &Array1<f64>, c: f64, epsilon: f64) -> f64 {
    let found = model.predict(x).unwrap();
    let beta = model.dual_coef().row(0).to_owned();
    let own = model.intercept();
    let norm: f64 = beta.iter().zip(model.support()).map(|(b, i)| b * (found[*i] - own)).sum();
    let loss: f64 = found.iter().zip(y).map(|(f, y)| ((f - y).abs() - epsilon).max(0.0)).sum();
    let fit: f64 = beta.iter().zip(model.support()).map(|(b, i)| b * y[*i]).sum();
    let size: f64 = beta.iter().map(|b| b.abs()).sum();
    norm / 2.0 + c * loss - (fit - epsilon * size - norm / 2.0)
}

#[test]
fn the_gap_between_primal_and_dual_closes() {
    let (x, y) = wave(300, 3);
    for (kernel, c, epsilon) in [
        (Kernel::Rbf, 1.0, 0.1),
        (Kernel::Rbf, 1e-6, 0.1),
        (Kernel::Rbf, 1e5, 0.3),
        (Kernel::Rbf, 10.0, 0.0),
        (Kernel::Linear, 1.0, 0.1),
        (Kernel::Polynomial, 1.0, 0.2),
    ] {
        let settings = Svr::new().kernel(kernel).c(c).epsilon(epsilon).coef0(1.0).tol(1e-6);
        let model = settings.fit((&x, &y)).unwrap();
        assert!(model.report().converged, "{kernel:?} {c}");
        let gap = duality_gap(&model, &x, &y, c, epsilon);
        // Each variable may violate the conditions by `tol`, at a cost of C.
        assert!((-1e-9 * (1.0 + c)..=1e-6 * c * 600.0 + 1e-9).contains(&gap), "{kernel:?} {c}: {gap}");
        // What lies inside the tube is no support vector, what lies outside has all of C.
        let found = model.predict(&x).unwrap();
        let mut beta = Array1::<f64>::zeros(300);
        model.support().iter().zip(model.dual_coef()).for_each(|(i, b)| beta[*i] = *b);
        for i in 0..300 {
            let r = y[i] - found[i];
            assert!(r.abs() > epsilon - 1e-5 || beta[i] == 0.0);
            assert!(r.abs() < epsilon + 1e-5 || (beta[i] - c * r.signum()).abs() < 1e-9 * c);
        }
    }
}

#[test]
fn a_line_by_hand() {
    // Between (0, 0) and (4, 2): the flattest line within ε = ½ of both rises by 1 in 4.
    let (x, y) = (array![[0.0], [4.0]], array![0.0, 2.0]);
    let model = Svr::new().kernel(Kernel::Linear).c(10.0).epsilon(0.5).tol(1e-9).fit((&x, &y)).unwrap();
    assert!((model.coef().unwrap()[0] - 0.25).abs() < 1e-9 && (model.intercept() - 0.5).abs() < 1e-9);
    assert!((model.dual_coef()[[0, 1]] - 0.0625).abs() < 1e-9);
    // A target without spread is met at once.
    let flat = Svr::new().fit((&x, &array![7.0, 7.0])).unwrap();
    assert!(flat.support().is_empty() && flat.predict(&array![[1.0]]).unwrap() == array![7.0]);
    let saved = SvrModel::<f64>::from_bytes(&flat.to_bytes().unwrap()).unwrap();
    assert_eq!(saved, flat);
}

#[test]
fn nu_finds_the_epsilon_that_gives_the_same_function() {
    let (x, y) = wave(200, 5);
    for nu in [0.2, 0.5, 0.9] {
        let model = NuSvr::new().nu(nu).c(2.0).tol(1e-8).fit((&x, &y)).unwrap();
        let found = model.predict(&x).unwrap();
        let mut errors: Vec<f64> = (&found - &y).mapv(f64::abs).to_vec();
        // ε is the error of those inside their bounds.
        let free = |b: f64| b.abs() > 1e-6 && b.abs() < 2.0 - 1e-6;
        let tube: Vec<f64> = model
            .support()
            .iter()
            .zip(model.dual_coef())
            .filter(|(_, b)| free(**b))
            .map(|(i, _)| errors[*i])
            .collect();
        let epsilon = tube.iter().sum::<f64>() / tube.len() as f64;
        let other = Svr::new().epsilon(epsilon).c(2.0).tol(1e-8).fit((&x, &y)).unwrap();
        assert!((&found - &other.predict(&x).unwrap()).iter().all(|d| d.abs() < 1e-5));
        errors.retain(|e| *e > epsilon + 1e-6);
        assert!(errors.len() as f64 <= nu * 200.0 && model.support().len() as f64 >= nu * 200.0);
        let size: f64 = model.dual_coef().iter().map(|b| b.abs()).sum();
        assert!((size - 2.0 * nu * 200.0).abs() < 1e-9 * 200.0);
    }
}

#[test]
fn large_problems_meet_the_conditions() {
    let (x, y) = wave(2500, 7);
    let model = Svr::new().fit((&x, &y)).unwrap();
    let gap = duality_gap(&model, &x, &y, 1.0, 0.1);
    assert!(model.report().converged && (0.0..1e-3 * 5000.0).contains(&gap));
    let model = NuSvr::new().fit((&x, &y)).unwrap();
    assert!(model.report().converged);
}

#[test]
fn sparse_records_give_the_same_line() {
    let (x, y) = wave(80, 9);
    let x = x.mapv(|v| if v < 0.0 { 0.0 } else { v });
    let sparse = Csr::from_dense(x.view());
    for kernel in [Kernel::Linear, Kernel::Rbf] {
        let settings = Svr::new().kernel(kernel).tol(1e-9);
        let (a, b) = (settings.fit((&x, &y)).unwrap(), settings.fit((&sparse, &y)).unwrap());
        let (a, b) = (a.predict(&sparse).unwrap(), b.predict(&x).unwrap());
        assert!((&a - &b).iter().all(|d| d.abs() < 1e-6));
    }
}
