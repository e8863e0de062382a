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
    let threads: usize = std::env::args().nth(1).map_or(1, |t| t.parse().unwrap());
    estimand_par::with_threads(threads, || {
        for n in [200, 1000, 5000, 18000, 40000] {
            for p in [4, 10, 30, 60, 200, 500] {
                for k in [2, 3, 10] {
                    if n * p * k > 40_000_000 || n * p > 8_000_000 { continue; }
                    let x = normal(n, p, 1);
                    let z = x.dot(&normal(p, k, 2)) / (p as f64).sqrt() * 2.0 + normal(n, k, 3) * 1.5;
                    let y: Array1<usize> = z.outer_iter().map(|r| (0..k).fold(0, |b, j| if r[j] > r[b] { j } else { b })).collect();
                    let mut line = format!("{n:6} {p:4} {k:3} size {:5}", (p + 1) * if k == 2 { 1 } else { k });
                    for solver in [LogisticSolver::Auto, LogisticSolver::NewtonCholesky, LogisticSolver::Lbfgs] {
                        let st = LogisticRegression::new().solver(solver);
                        if solver == LogisticSolver::NewtonCholesky && p * k > 700 { continue; }
                        let mut best = f64::INFINITY;
                        let mut its = 0;
                        let reps = if n * p * k > 2_000_000 { 2 } else { 7 };
                        for _ in 0..reps {
                            let t = Instant::now();
                            let m = st.fit((&x, &y)).unwrap();
                            best = best.min(t.elapsed().as_secs_f64());
                            its = m.report().iterations;
                        }
                        line += &format!("  {solver:?} {:9.3} ms ({its})", best * 1e3);
                    }
                    println!("{line}");
                }
            }
        }
    }).unwrap();
}
