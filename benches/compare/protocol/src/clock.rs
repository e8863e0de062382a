//! Timing, with the rules of `harness/worker.py`.

use crate::Result;
use std::hint::black_box;
use std::time::Instant;

const FULL_REPS_WITHIN: f64 = 1.0;
const ROWS: usize = 200;
const ROWS_WITHIN: f64 = 1.0;

/// A result and the seconds of every repetition.
pub type Timed<T> = (T, Vec<f64>);

/// The last result of up to `reps` calls and their seconds; fewer once they took a second together.
pub fn repeated<T>(reps: usize, mut f: impl FnMut() -> Result<T>) -> Result<Timed<T>> {
    let mut times = Vec::with_capacity(reps);
    loop {
        let start = Instant::now();
        let out = black_box(f()?);
        times.push(start.elapsed().as_secs_f64());
        if times.len() >= reps || times.iter().sum::<f64>() >= FULL_REPS_WITHIN {
            return Ok((out, times));
        }
    }
}

/// Median over passes of the mean time of one call, for about a second; call `i` predicts row `i`.
pub fn one_row_seconds(rows: usize, mut predict: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    predict(0)?;
    let first = Instant::now();
    predict(0)?;
    let affordable = ROWS_WITHIN / 5.0 / first.elapsed().as_secs_f64().max(1e-9);
    let count = rows.min(ROWS).min(affordable.max(1.0) as usize);
    let (begin, mut passes) = (Instant::now(), Vec::new());
    while passes.is_empty() || begin.elapsed().as_secs_f64() < ROWS_WITHIN {
        let start = Instant::now();
        for row in 0..count {
            predict(row)?;
        }
        passes.push(start.elapsed().as_secs_f64() / count as f64);
    }
    passes.sort_by(f64::total_cmp);
    Ok(passes[passes.len() / 2])
}
