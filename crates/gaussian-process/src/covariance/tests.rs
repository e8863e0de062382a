use super::{Covariance, Hyperparameter, Program, Smoothness, Table};
use ndarray::Array2;
use std::f64::consts::PI;

fn records(n: usize, p: usize) -> Table {
    let mut x = Array2::from_shape_fn((n, p), |(i, j)| ((i * 7 + j * 13) as f64).sin() * 1.5 + j as f64);
    // Two equal rows: distances of 0 between different records.
    let first = x.row(0).to_owned();
    x.row_mut(n / 2).assign(&first);
    Table::all(x.view())
}

fn all() -> Vec<Covariance> {
    let matern = |nu| Covariance::matern([0.7, 1.5, 3.0], nu);
    let rbf = || Covariance::rbf(1.3);
    let fixed = Hyperparameter::new(0.8).fixed();
    vec![
        Covariance::constant(2.5),
        Covariance::white(0.3),
        rbf(),
        Covariance::rbf([0.5, 1.0, 2.0]),
        Covariance::matern(1.2, Smoothness::Half),
        Covariance::matern(1.2, Smoothness::ThreeHalves),
        Covariance::matern(1.2, Smoothness::FiveHalves),
        matern(Smoothness::Half),
        matern(Smoothness::ThreeHalves),
        matern(Smoothness::FiveHalves),
        matern(Smoothness::Infinite),
        Covariance::rational_quadratic(1.1, 0.6),
        Covariance::exp_sine_squared(0.9, 2.3),
        Covariance::dot_product(1.4),
        Covariance::dot_product(0.2).powf(2.0),
        Covariance::rbf(fixed) * Covariance::constant(3.0) + Covariance::white(0.1),
        (rbf() + Covariance::dot_product(1.0)) * Covariance::exp_sine_squared(2.0, 3.0) + 0.5 * rbf(),
        (2.0 + rbf()).powf(-1.5) * matern(Smoothness::FiveHalves) * (rbf() + Covariance::white(0.7)),
    ]
}

/// The covariance of two records by its definition.
fn twin(terms: &[super::Term], x: &[f64], z: &[f64], same: bool) -> f64 {
    use super::{LengthScale, Term};
    let plain: f64 = x.iter().zip(z).map(|(a, b)| (a - b) * (a - b)).sum();
    let scaled = |scale: &LengthScale| match scale {
        LengthScale::One(l) => plain / (l.value() * l.value()),
        LengthScale::Each(ls) => {
            x.iter().zip(z).zip(ls).map(|((a, b), l)| ((a - b) / l.value()).powi(2)).sum()
        }
    };
    let mut stack: Vec<f64> = Vec::new();
    for term in terms {
        let value = match term {
            Term::Constant(c) => c.value(),
            Term::White(c) => c.value() * f64::from(u8::from(same)),
            Term::Rbf(scale) | Term::Matern(scale, Smoothness::Infinite) => (-scaled(scale) / 2.0).exp(),
            Term::Matern(scale, nu) => {
                let factor = match nu {
                    Smoothness::Half => 1.0_f64,
                    Smoothness::ThreeHalves => 3.0,
                    _ => 5.0,
                };
                let r = (factor * scaled(scale)).sqrt();
                let polynomial = match nu {
                    Smoothness::Half => 1.0,
                    Smoothness::ThreeHalves => 1.0 + r,
                    _ => 1.0 + r + r * r / 3.0,
                };
                polynomial * (-r).exp()
            }
            Term::RationalQuadratic(l, a) => {
                (1.0 + plain / (2.0 * a.value() * l.value() * l.value())).powf(-a.value())
            }
            Term::ExpSineSquared(l, p) => {
                (-2.0 * ((PI * plain.sqrt() / p.value()).sin() / l.value()).powi(2)).exp()
            }
            Term::DotProduct(s) => s.value() * s.value() + x.iter().zip(z).map(|(a, b)| a * b).sum::<f64>(),
            Term::Sum => stack.pop().unwrap() + stack.pop().unwrap(),
            Term::Product => stack.pop().unwrap() * stack.pop().unwrap(),
            Term::Power(c) => stack.pop().unwrap().powf(*c),
        };
        stack.push(value);
    }
    assert_eq!(stack.len(), 1);
    stack[0]
}

#[test]
fn values_are_those_of_the_definition() {
    // More than one segment of pairs.
    let table = records(600, 3);
    let row = |i: usize| {
        let mut row = vec![0.0; 3];
        table.row(i, &mut row);
        row
    };
    for covariance in all() {
        let program = Program::new(&covariance, 3);
        let (equal, same) = (program.diagonal(&table, false), program.diagonal(&table, true));
        let (lower, cross) = (program.lower(&table, &same), program.cross(&table, &table));
        for i in (0..600).step_by(37) {
            let close = |found: f64, truth: f64| {
                assert!(
                    (found - truth).abs() <= 1e-13 * truth.abs().max(1.0),
                    "{covariance}: {found} {truth}"
                );
            };
            close(equal[i], twin(&covariance.terms, &row(i), &row(i), false));
            close(same[i], twin(&covariance.terms, &row(i), &row(i), true));
            assert_eq!(lower[[i, i]], same[i]);
            for j in 0..i {
                close(cross[[i, j]], twin(&covariance.terms, &row(i), &row(j), false));
                assert_eq!(lower[[i, j]].to_bits(), cross[[i, j]].to_bits());
                assert_eq!(cross[[j, i]].to_bits(), cross[[i, j]].to_bits());
            }
        }
    }
}

/// Σ of made-up factors times covariances, over all pairs of different records and both diagonals; and Σ of sizes.
fn total(covariance: &Covariance, table: &Table) -> [f64; 2] {
    let program = Program::new(covariance, table.width());
    let (equal, same) = (program.diagonal(table, false), program.diagonal(table, true));
    let lower = program.lower(table, &same);
    let mut sums = [0.0; 2];
    let mut add = |v: f64| sums = [sums[0] + v, sums[1] + v.abs()];
    for i in 0..table.len() {
        add(factor(i, i) * equal[i] - 2.0 * factor(i, i + 1) * same[i]);
        (i + 1..table.len()).for_each(|c| add(factor(i, c) * lower[[c, i]]));
    }
    sums
}

fn factor(i: usize, c: usize) -> f64 {
    ((3 * i + 5 * c) as f64).cos()
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let table = records(530, 3);
    for covariance in all() {
        let program = Program::new(&covariance, 3);
        let mut gradient = program.gradient(&table, |i, c, a| {
            a.iter_mut().zip(c).for_each(|(a, c)| *a = factor(i, c));
        });
        let equal: Vec<f64> = (0..table.len()).map(|i| factor(i, i)).collect();
        let same: Vec<f64> = (0..table.len()).map(|i| -2.0 * factor(i, i + 1)).collect();
        for part in
            [program.diagonal_gradient(&table, false, &equal), program.diagonal_gradient(&table, true, &same)]
        {
            gradient.iter_mut().zip(part).for_each(|(g, part)| *g += part);
        }
        let learnt = covariance.learnt();
        assert_eq!(gradient.len(), learnt.len());
        let free: Vec<f64> = gradient.iter().zip(learnt).filter(|(_, l)| *l).map(|(g, _)| *g).collect();
        let theta = covariance.theta();
        let scale = free.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
        for j in 0..theta.len() {
            let at = |step: f64| {
                let mut theta = theta.clone();
                theta[j] += step;
                total(&covariance.with_theta(&theta).unwrap(), &table)[0]
            };
            // Differences of fourth order: 3e-4⁴ times a period's fifth derivative, and rounding of sums of 1e5 terms / 3e-4.
            let slope = (8.0 * (at(3e-4) - at(-3e-4)) - (at(6e-4) - at(-6e-4))) / 36e-4;
            let rounding = f64::EPSILON * total(&covariance, &table)[1] / 3e-4;
            let allowed = 1e-8 * scale.max(slope.abs()) + rounding;
            assert!((slope - free[j]).abs() < allowed, "{covariance} {j}: {slope} {free:?}");
        }
    }
}

#[test]
fn hyperparameters_come_and_go_in_order() {
    let fixed = Hyperparameter::new(12.0).fixed();
    let covariance = Covariance::constant(2.0) * Covariance::rbf([1.0, 3.0])
        + Covariance::exp_sine_squared(0.5, fixed)
        + Covariance::white(Hyperparameter::new(0.1).bounds(0.01, 1.0));
    let values = [2.0, 1.0, 3.0, 0.5, 12.0, 0.1];
    assert_eq!(covariance.values(), values);
    let theta: Vec<f64> = [2.0_f64, 1.0, 3.0, 0.5, 0.1].map(f64::ln).to_vec();
    assert_eq!(covariance.theta(), theta);
    assert_eq!(covariance.bounds()[4], (0.01_f64.ln(), 1.0_f64.ln()));
    let other = covariance.with_theta(&[0.0, 1.0, 2.0, 3.0, -1.0]).unwrap();
    assert_eq!(other.values()[4], 12.0);
    assert!((other.values()[3] - 3.0_f64.exp()).abs() < 1e-12);
    assert!(covariance.with_theta(&[0.0]).is_err());
    assert_eq!(
        covariance.to_string(),
        "constant(2.0000) * rbf(1.0000, 3.0000) + exp_sine_squared(0.5000, 12.0000) + white(0.1000)"
    );
    assert_eq!(
        ((1.0 + Covariance::rbf(2.0)) * Covariance::dot_product(1.0)).powf(2.0).to_string(),
        "((constant(1.0000) + rbf(2.0000)) * dot_product(1.0000))^2"
    );
}

#[test]
fn wrong_ones_are_refused() {
    covariance_check(Covariance::rbf([1.0, 2.0]), 3, "length scales");
    covariance_check(Covariance::rbf(0.0), 1, "positive");
    covariance_check(Covariance::constant(f64::NAN), 1, "positive");
    covariance_check(Covariance::constant(-1.0) + Covariance::rbf(1.0), 1, "positive");
    covariance_check(Covariance::rbf(Hyperparameter::new(1.0).bounds(2.0, 1.0)), 1, "bounds");
    covariance_check(Covariance::rbf(1.0).powf(f64::INFINITY), 1, "exponent");
    Covariance::dot_product(Hyperparameter::new(0.0).fixed()).check(1).unwrap();
    for terms in [vec![], vec![super::Term::Sum], vec![super::Term::Constant(1.0.into()); 2]] {
        assert!(Covariance { terms }.check(1).is_err());
    }
}

fn covariance_check(covariance: Covariance, width: usize, words: &str) {
    let message = covariance.check(width).unwrap_err().to_string();
    assert!(message.contains(words), "{message}");
}
