#![allow(unsafe_code, missing_docs)]
use estimand_core::{Csr, Fit};
use estimand_linear::LogisticRegression;
use ndarray::*;
use std::time::Instant;
fn npy<T: Copy>(p: &str) -> Vec<T> {
    let b = std::fs::read(p).unwrap();
    let h = u16::from_le_bytes([b[8], b[9]]) as usize;
    let n = (b.len() - 10 - h) / size_of::<T>();
    (0..n).map(|i| unsafe { std::ptr::read_unaligned((b.as_ptr().add(10 + h) as *const T).add(i)) }).collect()
}
#[repr(C)]
struct Ts(i64, i64);
unsafe extern "C" { fn clock_gettime(c: i32, t: *mut Ts) -> i32; }
fn cpu() -> f64 { let mut t = Ts(0, 0); unsafe { clock_gettime(2, &mut t) }; t.0 as f64 + t.1 as f64 * 1e-9 }
fn main() {
    let x = Csr::<f64>::new(100_000, npy::<i64>("/tmp/lr/t_ptr.npy").iter().map(|v| *v as usize).collect(), npy::<u32>("/tmp/lr/t_ind.npy"), npy::<f64>("/tmp/lr/t_data.npy")).unwrap();
    let y: Array1<usize> = npy::<i64>("/tmp/lr/t_y.npy").iter().map(|v| *v as usize).collect();
    for t in [1, 2] {
        estimand_par::with_threads(t, || {
            for tol in [1e-4, 1e-6] {
                let (mut b, mut c) = (f64::INFINITY, f64::INFINITY);
                let mut rep = String::new();
                for _ in 0..4 {
                    let (w, u) = (Instant::now(), cpu());
                    let m = LogisticRegression::new().c(10.0).tol(tol).max_iter(500).fit((&x, &y)).unwrap();
                    b = b.min(w.elapsed().as_secs_f64());
                    c = c.min(cpu() - u);
                    rep = format!("{} {:?}", m.report(), m.report().objective);
                }
                println!("{t}T tol {tol} {b:.4} cpu {c:.4} {rep}");
            }
        }).unwrap();
    }
}
