#![allow(unsafe_code, missing_docs)]
use estimand_core::{Fit, Seed, random};
use estimand_linear::{LogisticRegression, LogisticSolver};
use ndarray::*;
use std::time::Instant;
fn normal(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let mut uniform = || random::below(1 << 32, &mut stream) as f64 / (1_u64 << 32) as f64;
    Array2::from_shape_simple_fn((n, p), || (0..12).map(|_| uniform()).sum::<f64>() - 6.0)
}
fn main() {
    let a: Vec<usize> = std::env::args().skip(1).map(|t| t.parse().unwrap()).collect();
    let (n, p, k) = (a[0], a[1], a[2]);
    estimand_par::with_threads(a[4], || {
        let x = normal(n, p, 1);
        let z = x.dot(&normal(p, k, 2)) / (p as f64).sqrt() * 2.0 + normal(n, k, 3) * 1.5;
        let y: Array1<usize> = z.outer_iter().map(|r| (0..k).fold(0, |b, j| if r[j] > r[b] { j } else { b })).collect();
        let mut best = f64::INFINITY;
        for _ in 0..a[3] {
            let t = Instant::now();
            let m = LogisticRegression::new().solver(LogisticSolver::Lbfgs).fit((&x, &y)).unwrap();
            best = best.min(t.elapsed().as_secs_f64());
            if best == 0.0 { println!("{}", m.report()); }
        }
        println!("{best}");
    }).unwrap();
}
