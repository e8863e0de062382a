#![allow(unsafe_code, missing_docs)]
use estimand_core::{Fit, Records};
use estimand_linear::{LogisticRegression, LogisticSolver};
use ndarray::*;
use std::time::Instant;
fn npy<T: Copy>(p: &str) -> (Vec<usize>, Vec<T>) {
    let b = std::fs::read(p).unwrap();
    let h = u16::from_le_bytes([b[8], b[9]]) as usize;
    let head = String::from_utf8_lossy(&b[10..10 + h]).to_string();
    let s = &head[head.find("'shape': (").unwrap() + 10..];
    let shape: Vec<usize> = s[..s.find(')').unwrap()].split(',').filter_map(|v| v.trim().parse().ok()).collect();
    let n: usize = shape.iter().product();
    let data = (0..n).map(|i| unsafe { std::ptr::read_unaligned((b.as_ptr().add(10 + h) as *const T).add(i)) }).collect();
    (shape, data)
}
#[repr(C)]
struct Ts(i64, i64);
unsafe extern "C" { fn clock_gettime(c: i32, t: *mut Ts) -> i32; }
fn cpu() -> f64 { let mut t = Ts(0, 0); unsafe { clock_gettime(2, &mut t) }; t.0 as f64 + t.1 as f64 * 1e-9 }
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (s, x) = npy::<f64>(&format!("/tmp/lr/{}_X.npy", a[1]));
    let (_, y) = npy::<i64>(&format!("/tmp/lr/{}_y.npy", a[1]));
    let x = Array2::from_shape_vec((s[0], s[1]), x).unwrap();
    let y: Array1<usize> = y.iter().map(|v| *v as usize).collect();
    let best = if a[1] == "bin" { 0.38392269712739846 } else { 1.3074702451245725 };
    let xf = { let mut f = Array2::zeros(x.dim().f()); f.assign(&x); f };
    let x32 = x.mapv(|v| v as f32);
    for threads in std::env::var("T").map_or(vec![1, 2], |t| vec![t.parse().unwrap()]) {
        for solver in if std::env::var("N").is_ok() { vec![LogisticSolver::NewtonCholesky] } else { vec![LogisticSolver::Auto, LogisticSolver::NewtonCholesky] }.into_iter().take(std::env::var("S").map_or(2, |s| s.parse().unwrap())) {
            let go = |what: &str| {
                let mut times = vec![]; let mut cpus = vec![];
                let mut last = String::new();
                for _ in 0..std::env::var("R").map_or(5, |r| r.parse().unwrap()) {
                    let t = Instant::now(); let c = cpu();
                    let st = LogisticRegression::new().solver(solver);
                    let (rep, o) = match what {
                        "c" => { let m = st.fit((&x, &y)).unwrap(); (m.report().clone(), m.report().objective.unwrap()) }
                        "f" => { let m = st.fit((&xf, &y)).unwrap(); (m.report().clone(), m.report().objective.unwrap()) }
                        _ => { let m = st.fit((Records::from(&x32), &y)).unwrap(); (m.report().clone(), m.report().objective.unwrap()) }
                    };
                    times.push(t.elapsed().as_secs_f64()); cpus.push(cpu() - c);
                    last = format!("{rep} gap {:.1e}", o / s[0] as f64 / best - 1.0);
                }
                times.sort_by(f64::total_cmp); cpus.sort_by(f64::total_cmp);
                println!("{} {what} {threads}T {solver:?} {:.4} (min {:.4}) cpu {:.4} {last}", a[1], times[2], times[0], cpus[0]);
            };
            estimand_par::with_threads(threads, || { for w in a[2].chars() { go(&w.to_string()) } }).unwrap();
        }
    }
}
