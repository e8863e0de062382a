use super::*;
use crate::kernel::{Function, Kernel};
use crate::testing::{function, gram, records, uniform};
use ndarray::Array2;

/// Memory for all values between 1500 variables: larger problems are solved in blocks.
fn limits(tol: f64) -> Limits {
    Limits { tol, cache_size: 20.0, max_iter: None }
}

/// C-classification of rows whose first two columns have one sign or two.
fn classification<'a>(rows: &'a Rows, x: &Array2<f64>, c: f64, seed: u64) -> Problem<'a> {
    let (n, mut noise) = (x.nrows(), uniform(seed));
    let y: Vec<f64> =
        x.rows().into_iter().map(|r| if r[0] * r[1] + 0.1 * noise() > 0.0 { 1.0 } else { -1.0 }).collect();
    Problem {
        rows,
        row: (0..n).collect(),
        cost: y.iter().map(|y| -y).collect(),
        low: y.iter().map(|y| if *y < 0.0 { -c } else { 0.0 }).collect(),
        high: y.iter().map(|y| if *y > 0.0 { c } else { 0.0 }).collect(),
        start: vec![0.0; n],
        split: n,
    }
}

/// ε-regression: two variables for each row.
fn regression<'a>(rows: &'a Rows, x: &Array2<f64>, c: f64, epsilon: f64, seed: u64) -> Problem<'a> {
    let (n, mut noise) = (x.nrows(), uniform(seed));
    let y: Vec<f64> = x.rows().into_iter().map(|r| (3.0 * r[0]).sin() + 0.2 * noise()).collect();
    Problem {
        rows,
        row: (0..n).chain(0..n).collect(),
        cost: y.iter().map(|y| epsilon - y).chain(y.iter().map(|y| -epsilon - y)).collect(),
        low: (0..2 * n).map(|v| if v < n { 0.0 } else { -c }).collect(),
        high: (0..2 * n).map(|v| if v < n { c } else { 0.0 }).collect(),
        start: vec![0.0; 2 * n],
        split: 2 * n,
    }
}

/// (1) and the violation of (3), from the definition.
fn judge(problem: &Problem<'_>, k: &Array2<f64>, a: &[f64]) -> (f64, f64) {
    let mut by_row = vec![0.0; k.nrows()];
    a.iter().zip(&problem.row).for_each(|(a, row)| by_row[*row] += a);
    let f = k.dot(&ndarray::Array1::from(by_row));
    let g: Vec<f64> = problem.row.iter().zip(&problem.cost).map(|(row, c)| f[*row] + c).collect();
    let objective = (0..a.len()).map(|v| a[v] * (g[v] + problem.cost[v]) / 2.0).sum();
    let violation = gaps(problem, a, &g).iter().map(|gap| gap.violation()).fold(f64::NEG_INFINITY, f64::max);
    (objective, violation)
}

/// Slow and plain: the pair that violates (3) most, on the whole matrix, until nothing does.
fn twin(problem: &Problem<'_>, k: &Array2<f64>, tol: f64) -> Vec<f64> {
    let mut a = problem.start.clone();
    for _ in 0..2_000_000 {
        let mut by_row = vec![0.0; k.nrows()];
        a.iter().zip(&problem.row).for_each(|(a, row)| by_row[*row] += a);
        let f = k.dot(&ndarray::Array1::from(by_row));
        let g = |v: usize| f[problem.row[v]] + problem.cost[v];
        let group = |v: usize| usize::from(v >= problem.split);
        let mut best = (tol, 0, 0);
        for of in 0..2 {
            let inside = || (0..a.len()).filter(|v| group(*v) == of);
            let up = inside().filter(|v| a[*v] < problem.high[*v]).min_by(|v, w| g(*v).total_cmp(&g(*w)));
            let down = inside().filter(|v| a[*v] > problem.low[*v]).max_by(|v, w| g(*v).total_cmp(&g(*w)));
            if let (Some(v), Some(w)) = (up, down)
                && g(w) - g(v) > best.0
            {
                best = (g(w) - g(v), v, w);
            }
        }
        let (violation, v, w) = best;
        if violation <= tol {
            return a;
        }
        let (i, j) = (problem.row[v], problem.row[w]);
        let curvature = (k[[i, i]] + k[[j, j]] - 2.0 * k[[i, j]]).max(1e-12);
        let step = (violation / curvature).min(problem.high[v] - a[v]).min(a[w] - problem.low[w]);
        a[v] += step;
        a[w] -= step;
    }
    a
}

/// What must hold of every solution: bounds, sums, (3), and the objective of the twin.
fn hold(problem: &Problem<'_>, k: &Array2<f64>, tol: f64) -> Solution {
    let solution = solve(problem, limits(tol)).unwrap();
    let a = &solution.a;
    assert!(solution.converged);
    assert!((0..a.len()).all(|v| problem.low[v] <= a[v] && a[v] <= problem.high[v]));
    for group in [0..problem.split, problem.split..a.len()] {
        let sum = |values: &[f64]| values[group.clone()].iter().sum::<f64>();
        assert!((sum(a) - sum(&problem.start)).abs() < 1e-9);
    }
    let (objective, violation) = judge(problem, k, a);
    // Gradients are sums of up to a thousand values, moved a thousand times.
    assert!(violation <= tol + 1e-9, "{violation}");
    assert!((objective - solution.objective).abs() <= 1e-9 * (1.0 + objective.abs()));
    solution
}

fn near_the_twin(problem: &Problem<'_>, k: &Array2<f64>) {
    let found = hold(problem, k, 1e-6);
    let (objective, _) = judge(problem, k, &twin(problem, k, 1e-6));
    let span: f64 = problem.high.iter().zip(&problem.low).map(|(h, l)| h - l).sum();
    assert!((found.objective - objective).abs() <= 1e-6 * span, "{} and {objective}", found.objective);
}

#[test]
fn the_minimum_is_that_of_the_twin() {
    for (n, kernel, c) in [(40, Kernel::Rbf, 1.0), (60, Kernel::Polynomial, 10.0), (50, Kernel::Linear, 0.1)]
    {
        let x = records(n, 3, n as u64);
        let (f, k) = (function(kernel), gram(function(kernel), &x, &x));
        let rows = Rows::new((&x).into(), f, false);
        near_the_twin(&classification(&rows, &x, c, 1), &k);
        near_the_twin(&regression(&rows, &x, c, 0.1, 2), &k);
        // One class: Σ a = 0.3 n.
        let one = Problem {
            rows: &rows,
            row: (0..n).collect(),
            cost: vec![0.0; n],
            low: vec![0.0; n],
            high: vec![1.0; n],
            start: (0..n).map(|i| f64::from(u8::from(i < 3 * n / 10))).collect(),
            split: n,
        };
        near_the_twin(&one, &k);
        // Two groups with a sum each.
        let half = n / 2;
        let sign = |i: usize| -> f64 { if i < half { 1.0 } else { -1.0 } };
        let two = Problem {
            rows: &rows,
            row: (0..n).collect(),
            cost: vec![0.0; n],
            low: (0..n).map(|i| sign(i).min(0.0)).collect(),
            high: (0..n).map(|i| sign(i).max(0.0)).collect(),
            start: (0..n).map(|i| 0.4 * sign(i)).collect(),
            split: half,
        };
        near_the_twin(&two, &k);
    }
}

#[test]
fn many_blocks_end_at_the_conditions() {
    let (n, tol) = (3000, 1e-3);
    let x = records(n, 4, 9);
    for kernel in [Kernel::Rbf, Kernel::Linear] {
        let (f, k) = (function(kernel), gram(function(kernel), &x, &x));
        let rows = Rows::new((&x).into(), f, false);
        for problem in [classification(&rows, &x, 5.0, 1), regression(&rows, &x, 1.0, 0.05, 2)] {
            let full = hold(&problem, &k, tol);
            // Without room for a row, with room for some, and as a single block.
            for cache_size in [0.001, 2.0, 1000.0] {
                let other = solve(&problem, Limits { cache_size, ..limits(tol) }).unwrap();
                let (_, violation) = judge(&problem, &k, &other.a);
                assert!(violation <= tol + 1e-9);
                assert!((other.objective - full.objective).abs() < 1e-4 * full.objective.abs());
            }
            let bits = |threads| {
                estimand_par::with_threads(threads, || solve(&problem, limits(tol)).unwrap().a).unwrap()
            };
            assert_eq!(bits(1), bits(3));
        }
    }
}

#[test]
fn every_run_ends() {
    let n = 1700;
    // Equal rows, whose curvature is 0 in every pair; duplicates under opposite labels; a matrix that is not definite.
    let equal = Array2::ones((n, 3));
    let mut twice = records(n, 3, 11);
    for i in 0..n / 2 {
        let row = twice.row(i).to_owned();
        twice.row_mut(n / 2 + i).assign(&row);
    }
    for (x, kernel) in
        [(&equal, Kernel::Rbf), (&twice, Kernel::Rbf), (&twice, Kernel::Sigmoid), (&equal, Kernel::Linear)]
    {
        let rows = Rows::new(x.into(), Function { gamma: 5.0, ..function(kernel) }, true);
        let mut problem = classification(&rows, x, 1e6, 3);
        for i in 0..n {
            let y = if i < n / 2 { 1.0 } else { -1.0 };
            (problem.cost[i], problem.low[i], problem.high[i]) =
                (-y, f64::min(1e6 * y, 0.0), f64::max(1e6 * y, 0.0));
        }
        let solution = solve(&problem, Limits { max_iter: Some(200_000), ..limits(1e-3) }).unwrap();
        assert!(solution.a.iter().all(|a| a.is_finite()), "{kernel:?}");
        assert!(solution.converged || solution.iterations <= 200_000);
    }
    let limited = {
        let x = records(n, 3, 12);
        let rows = Rows::new((&x).into(), function(Kernel::Rbf), true);
        solve(&classification(&rows, &x, 10.0, 4), Limits { max_iter: Some(7), ..limits(1e-3) }).unwrap()
    };
    assert_eq!((limited.converged, limited.iterations), (false, 7));
}
