use super::*;
use crate::testing::{records, uniform};
use estimand_core::{Csr, Decide, Predict};
use ndarray::array;

fn labelled(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let (x, mut noise) = (records(n, p, seed), uniform(seed + 1));
    let y =
        x.rows().into_iter().map(|r| usize::from(r[0] - 0.5 * r[1] + 0.2 + 0.4 * noise() > 0.0)).collect();
    (x, y)
}

#[test]
fn the_gradient_of_squared_losses_is_zero() {
    let (x, y) = labelled(300, 4, 3);
    for (scaling, penalty) in [(1.0, 1.0), (10.0, 0.01), (f64::INFINITY, 0.0)] {
        let model = LinearSvc::new().c(0.5).tol(1e-10).intercept_scaling(scaling).fit((&x, &y)).unwrap();
        let (w, b) = (model.coef().row(0).to_owned(), model.intercept()[0]);
        let z = x.dot(&w) + b;
        let slope = Array1::from_shape_fn(300, |i| {
            let s = if y[i] == 1 { 1.0 } else { -1.0 };
            -s * f64::max(1.0 - s * z[i], 0.0)
        });
        assert!((x.t().dot(&slope) + &w).iter().all(|g| g.abs() < 1e-7));
        assert!((slope.sum() + penalty * b).abs() < 1e-7 && model.report().converged);
    }
    let y = x.dot(&array![1.0, -2.0, 0.0, 0.5]) + 3.0;
    let settings = LinearSvr::new().loss(LinearSvrLoss::SquaredEpsilonInsensitive).epsilon(0.1).tol(1e-10);
    let model = settings.fit((&x, &y)).unwrap();
    let r = &y - &(x.dot(&model.coef()) + model.intercept());
    let slope = r.mapv(|r: f64| -2.0 * r.signum() * f64::max(r.abs() - 0.1, 0.0));
    assert!((x.t().dot(&slope) + model.coef()).iter().all(|g| g.abs() < 1e-6));
}

/// (2) of coefficients whose rows all lie off the kinks of the loss is what (1) is: the gap closes.
#[test]
fn no_direction_lowers_the_objective_of_the_others() {
    let (x, y) = labelled(200, 3, 5);
    let numbers = x.dot(&array![1.0, -2.0, 0.5]) + 1.0;
    let hinge =
        LinearSvc::new().loss(LinearSvcLoss::Hinge).tol(1e-9).max_iter(100_000).fit((&x, &y)).unwrap();
    let tube = LinearSvr::new().epsilon(0.05).tol(1e-9).max_iter(100_000).fit((&x, &numbers)).unwrap();
    assert!(hinge.report().converged && tube.report().converged);
    let of_hinge = |w: &Array1<f64>, b: f64| -> f64 {
        let z = x.dot(w) + b;
        let loss: f64 =
            z.iter().zip(&y).map(|(z, y)| f64::max(1.0 - if *y == 1 { *z } else { -z }, 0.0)).sum();
        (w.dot(w) + b * b) / 2.0 + loss
    };
    let of_tube = |w: &Array1<f64>, b: f64| -> f64 {
        let r = &numbers - &(x.dot(w) + b);
        (w.dot(w) + b * b) / 2.0 + r.iter().map(|r: &f64| f64::max(r.abs() - 0.05, 0.0)).sum::<f64>()
    };
    let mut number = uniform(11);
    let mut check = |f: &dyn Fn(&Array1<f64>, f64) -> f64, w: Array1<f64>, b: f64, own: f64| {
        let best = f(&w, b);
        assert!((best - own).abs() < 1e-9 * best);
        for size in [1e-1, 1e-2, 1e-3, 1e-4] {
            for _ in 0..50 {
                let away = f(&(&w + &Array1::from_shape_fn(3, |_| size * number())), b + size * number());
                assert!(away >= best - 1e-9);
            }
        }
    };
    check(&of_hinge, hinge.coef().row(0).to_owned(), hinge.intercept()[0], hinge.report().objective.unwrap());
    check(&of_tube, tube.coef().to_owned(), tube.intercept(), tube.report().objective.unwrap());
}

#[test]
fn every_class_against_the_others() {
    let (x, _) = labelled(150, 3, 7);
    let y: Array1<usize> =
        x.rows().into_iter().map(|r| if r[0] > 0.3 { 2 } else { usize::from(r[1] > 0.0) }).collect();
    let sparse = Csr::from_dense(x.view());
    for loss in [LinearSvcLoss::SquaredHinge, LinearSvcLoss::Hinge] {
        let settings = LinearSvc::new().loss(loss).tol(1e-9).max_iter(100_000);
        let model = settings.fit((&x, &y)).unwrap();
        let scores = model.decision_function(&x).unwrap();
        let two = settings.fit((&x, &y.mapv(|y| y == 1))).unwrap();
        let alone = two.decision_function(&x).unwrap();
        assert!(alone.column(0).iter().zip(scores.column(1)).all(|(a, b)| (a - b).abs() < 1e-6));
        let other = settings.fit((&sparse, &y)).unwrap().decision_function(&sparse).unwrap();
        assert!((&scores - &other).iter().all(|d| d.abs() < 1e-5), "{loss:?}");
    }
}

#[test]
fn the_hinge_is_that_of_svc_where_the_intercept_is_not_penalised() {
    let (x, y) = labelled(120, 2, 9);
    // s so large that its penalty is nothing beside the rest.
    let settings =
        LinearSvc::new().loss(LinearSvcLoss::Hinge).intercept_scaling(100.0).tol(1e-8).max_iter(1_000_000);
    let a = settings.fit((&x, &y)).unwrap().decision_function(&x).unwrap();
    let b = crate::Svc::new().kernel(crate::Kernel::Linear).tol(1e-8).fit((&x, &y)).unwrap();
    let b = b.decision_function(&x).unwrap();
    assert!((&a - &b).iter().all(|d| d.abs() < 1e-3));
}

#[test]
fn what_cannot_be_learnt_is_said() {
    let (x, y) = labelled(30, 2, 13);
    let message = |s: LinearSvc| s.fit((&x, &y)).map(drop).unwrap_err().to_string();
    assert!(message(LinearSvc::new().c(-1.0)).contains("`c`"));
    let free = LinearSvc::new().loss(LinearSvcLoss::Hinge).intercept_scaling(f64::INFINITY);
    assert!(message(free).contains("`intercept_scaling`"));
    let few = LinearSvc::new().loss(LinearSvcLoss::Hinge).c(1e3).max_iter(1).fit((&x, &y)).unwrap();
    assert!(!few.report().converged && few.predict(&x).is_ok());
}

#[test]
fn an_l1_penalty_leaves_coefficients_at_zero() {
    let (x, y) = labelled(250, 12, 15);
    let sparse = Csr::from_dense(x.view());
    for (c, scaling) in [(0.02, 1.0), (0.5, 4.0), (0.1, f64::INFINITY)] {
        let settings =
            LinearSvc::new().penalty(LinearSvcPenalty::L1).c(c).intercept_scaling(scaling).tol(1e-9);
        let model = settings.fit((&x, &y)).unwrap();
        assert!(model.report().converged);
        let (w, b) = (model.coef().row(0).to_owned(), model.intercept()[0]);
        let sign = y.mapv(|y| if y == 1 { 1.0 } else { -1.0 });
        let slope = (&x.dot(&w) + b) * &sign;
        let slope = slope.mapv(|m: f64| -2.0 * c * f64::max(1.0 - m, 0.0)) * &sign;
        // The gradient of the losses is the penalty's against the sign of a coefficient, and no larger where it is 0.
        let judge = |w: f64, g: f64, penalty: f64| match w {
            0.0 => assert!(g.abs() <= penalty + 1e-6, "{g}"),
            w => assert!((g + penalty * w.signum()).abs() < 1e-6, "{w} {g}"),
        };
        w.iter().zip(x.t().dot(&slope)).for_each(|(w, g)| judge(*w, g, 1.0));
        judge(b, slope.sum(), 1.0 / scaling);
        assert!(w.iter().any(|w| *w == 0.0) && w.iter().any(|w| *w != 0.0), "{w}");
        let other = settings.fit((&sparse, &y)).unwrap();
        assert!(other.coef().iter().zip(&w).all(|(a, b)| (a - b).abs() < 1e-9));
    }
    let hinge = LinearSvc::new().penalty(LinearSvcPenalty::L1).loss(LinearSvcLoss::Hinge);
    assert!(hinge.fit((&x, &y)).is_err());
}

/// (3) as it is written.
fn of_all_classes(x: &Array2<f64>, y: &Array1<usize>, w: &Array2<f64>, b: &Array1<f64>, c: f64) -> f64 {
    let z = x.dot(&w.t()) + b;
    let loss = |(z, y): (ndarray::ArrayView1<'_, f64>, &usize)| {
        let others =
            z.iter().enumerate().filter(|(c, _)| c != y).fold(f64::NEG_INFINITY, |m, (_, z)| m.max(*z));
        f64::max(0.0, 1.0 + others - z[*y])
    };
    (w.iter().map(|w| w * w).sum::<f64>() + b.dot(b)) / 2.0
        + c * z.rows().into_iter().zip(y).map(loss).sum::<f64>()
}

#[test]
fn no_direction_lowers_the_objective_of_all_classes_at_once() {
    let (x, _) = labelled(150, 3, 17);
    let y: Array1<usize> = x
        .rows()
        .into_iter()
        .map(|r| if r[0] > 0.3 { 2 } else { usize::from(r[1] + 0.2 * r[2] > 0.0) })
        .collect();
    let settings = LinearSvc::new().loss(LinearSvcLoss::CrammerSinger).c(0.7).tol(1e-9).max_iter(100_000);
    let model = settings.fit((&x, &y)).unwrap();
    assert!(model.report().converged);
    let (w, b) = (model.coef().clone(), Array1::from(model.intercept().to_vec()));
    // Coefficients of all classes sum to 0, since those of each row do.
    assert!(w.sum_axis(Axis(0)).iter().all(|s| s.abs() < 1e-9) && b.sum().abs() < 1e-9);
    let best = of_all_classes(&x, &y, &w, &b, 0.7);
    assert!((best - model.report().objective.unwrap()).abs() < 1e-12 * best);
    let mut number = uniform(19);
    for size in [1e-1, 1e-2, 1e-3, 1e-4] {
        for _ in 0..100 {
            let w = &w + &Array2::from_shape_simple_fn((3, 3), || size * number());
            let b = &b + &Array1::from_shape_simple_fn(3, || size * number());
            assert!(of_all_classes(&x, &y, &w, &b, 0.7) >= best - 1e-9);
        }
    }
    let sparse = Csr::from_dense(x.view());
    let other = settings.fit((&sparse, &y)).unwrap();
    assert!(other.coef().iter().zip(model.coef()).all(|(a, b)| (a - b).abs() < 1e-6));
}

/// Of two classes w₁ = −w₀: with v = w₁ − w₀ (3) is ¼ ‖v‖² + C Σ max(0, 1 − yv), the hinge at twice the C.
#[test]
fn two_classes_at_once_are_those_of_the_hinge() {
    let (x, y) = labelled(120, 2, 21);
    let settings = LinearSvc::new().tol(1e-9).max_iter(1_000_000);
    let together = settings.clone().loss(LinearSvcLoss::CrammerSinger).c(0.4).fit((&x, &y)).unwrap();
    let alone = settings.loss(LinearSvcLoss::Hinge).c(0.8).fit((&x, &y)).unwrap();
    let (a, b) = (together.decision_function(&x).unwrap(), alone.decision_function(&x).unwrap());
    assert!((&a - &b).iter().all(|d| d.abs() < 1e-6));
}
