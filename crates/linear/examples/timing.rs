use estimand_core::{Csr, Fit, Predict};
use estimand_linear::{LinearRegression, Ridge};
use ndarray::{Array1, Array2};
use std::time::Instant;

fn cpu() -> f64 {
    std::fs::read_dir("/proc/self/task").unwrap().map(|d| {
        let s = std::fs::read_to_string(d.unwrap().path().join("schedstat")).unwrap();
        s.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
    }).sum()
}
fn median(what: &str, mut f: impl FnMut(), reps: usize) {
    let mut t: Vec<(f64, f64)> = (0..reps).map(|_| { let (s, c) = (Instant::now(), cpu()); f(); (s.elapsed().as_secs_f64() * 1e3, cpu() - c) }).collect();
    t.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{what}: wall median {:.3} min {:.3} cpu {:.3} ms", t[reps / 2].0, t[0].0, t[reps / 2].1);
}
fn data(n: usize, p: usize) -> (Array2<f64>, Array1<f64>) {
    let mut s = 1u64;
    let mut next = || { s ^= s << 13; s ^= s >> 7; s ^= s << 17; (s >> 11) as f64 / (1u64 << 53) as f64 - 0.5 };
    let x = Array2::from_shape_simple_fn((n, p), &mut next);
    let y = x.sum_axis(ndarray::Axis(1)) + Array1::from_shape_simple_fn(n, &mut next);
    (x, y)
}
fn main() {
    let (x, y) = data(1_000_000, 50);
    let (xs, ys) = data(200_000, 400);
    let sparse = Csr::from_dense(xs.mapv(|v| if v > 0.48 { v } else { 0.0 }).view());
    let mut s = 7u64;
    let mut next = || { s ^= s << 13; s ^= s >> 7; s ^= s << 17; s as usize };
    let big = Csr::from_triplets(50_000, 100_000, (0..4_850_000).map(|_| (next() % 50_000, next() % 100_000, 1.0)).collect::<Vec<_>>()).unwrap();
    let yb = Array1::from_shape_fn(50_000, |i| (i % 17) as f64);
    for threads in [1, 2] {
        estimand_par::with_threads(threads, || {
            println!("threads {threads}");
            median("ols 1e6x50", || { LinearRegression::new().fit((&x, &y)).unwrap(); }, 15);
            median("ridge 1e6x50", || { Ridge::new().fit((&x, &y)).unwrap(); }, 15);
            let m = Ridge::new().fit((&x, &y)).unwrap();
            let xt = x.slice(ndarray::s![..20000, ..]).to_owned();
            median("predict 20000", || { m.predict(&xt).unwrap(); }, 101);
            median("sparse 2e5x400 2%", || { Ridge::new().fit((&sparse, &ys)).unwrap(); }, 5);
            median("sparse 5e4x1e5", || { let m = Ridge::new().fit((&big, &yb)).unwrap(); println!("{}", m.report()); }, 1);
        }).unwrap();
    }
}
