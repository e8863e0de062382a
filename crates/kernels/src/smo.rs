//! Steps of sequential minimal optimisation on a small block of variables.
//!
//! Whether a variable can rise or fall is in the gradients themselves: `up` holds them for variables that can rise and
//! +∞ for the others, `low` for those that can fall and −∞ for the others.

use crate::{isa::Isa, math::Real};

const LANES: usize = 8;

/// The smallest of the lanes' values, and its place; of equals the first.
#[inline(always)]
fn least(best: [f64; LANES], at: [f64; LANES]) -> (f64, usize) {
    let mut found = (f64::INFINITY, f64::INFINITY);
    for l in 0..LANES {
        let place = at[l] + l as f64;
        if best[l] < found.0 || (best[l] == found.0 && place < found.1) {
            found = (best[l], place);
        }
    }
    (found.0, found.1 as usize)
}

#[inline(always)]
pub(crate) fn smo_move<T: Real, I: Isa>(
    step: f64,
    rising: &[f64],
    falling: &[f64],
    up: &mut [f64],
    low: &mut [f64],
) -> (f64, usize) {
    let n = rising.len().min(falling.len()).min(up.len()).min(low.len());
    let (mut best, mut at) = ([f64::INFINITY; LANES], [f64::INFINITY; LANES]);
    let (rise, rise_tail) = rising[..n].as_chunks::<LANES>();
    let (fall, fall_tail) = falling[..n].as_chunks::<LANES>();
    let (ups, up_tail) = up[..n].as_chunks_mut::<LANES>();
    let (lows, low_tail) = low[..n].as_chunks_mut::<LANES>();
    let mut place = 0.0;
    for (((rise, fall), up), low) in rise.iter().zip(fall).zip(ups).zip(lows) {
        for l in 0..LANES {
            let change = step * (rise[l] - fall[l]);
            let value = up[l] + change;
            up[l] = value;
            low[l] += change;
            let smaller = value < best[l];
            best[l] = if smaller { value } else { best[l] };
            at[l] = if smaller { place } else { at[l] };
        }
        place += LANES as f64;
    }
    let mut found = least(best, at);
    for (l, (((rise, fall), up), low)) in
        rise_tail.iter().zip(fall_tail).zip(up_tail).zip(low_tail).enumerate()
    {
        let change = step * (rise - fall);
        *up += change;
        *low += change;
        if *up < found.0 {
            found = (*up, place as usize + l);
        }
    }
    found
}

#[inline(always)]
pub(crate) fn smo_partner<T: Real, I: Isa>(
    gradient: f64,
    own: f64,
    row: &[f64],
    diagonal: &[f64],
    low: &[f64],
    least_curvature: f64,
) -> (f64, usize, f64) {
    let n = row.len().min(diagonal.len()).min(low.len());
    let (mut best, mut at, mut top) = ([0.0_f64; LANES], [f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (rows, row_tail) = row[..n].as_chunks::<LANES>();
    let (diagonals, diagonal_tail) = diagonal[..n].as_chunks::<LANES>();
    let (lows, low_tail) = low[..n].as_chunks::<LANES>();
    let gain = |row: f64, diagonal: f64, low: f64| {
        let gap = low - gradient;
        let gap = if gap > 0.0 { gap } else { 0.0 };
        let curvature = own + diagonal - 2.0 * row;
        gap * gap / if curvature > least_curvature { curvature } else { least_curvature }
    };
    let mut place = 0.0;
    for ((row, diagonal), low) in rows.iter().zip(diagonals).zip(lows) {
        for l in 0..LANES {
            let value = gain(row[l], diagonal[l], low[l]);
            let larger = value > best[l];
            best[l] = if larger { value } else { best[l] };
            at[l] = if larger { place } else { at[l] };
            top[l] = if low[l] > top[l] { low[l] } else { top[l] };
        }
        place += LANES as f64;
    }
    let (value, j) = least(best.map(|v| -v), at);
    let (mut value, mut j) = (-value, j);
    let mut top = top.iter().fold(f64::NEG_INFINITY, |top, v| top.max(*v));
    for (l, ((row, diagonal), low)) in row_tail.iter().zip(diagonal_tail).zip(low_tail).enumerate() {
        let found = gain(*row, *diagonal, *low);
        if found > value {
            (value, j) = (found, place as usize + l);
        }
        top = top.max(*low);
    }
    (value, j, top)
}
