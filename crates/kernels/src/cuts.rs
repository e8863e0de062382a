//! The best place to cut a row of sums in two, as growing a tree on histograms asks for it.
//!
//! ```text
//! at place i      left: G = sg gᵢ, H = sh hᵢ, C = sc cᵢ        right: what is left of the totals
//! gain            s(G)² / (H + λ), left plus right             s(G) = max(|G| − α, 0)
//! allowed         H ≥ min_h and C ≥ min_c on both sides, and C > 0
//! ```
//!
//! The sums are whole numbers, so that they are the same in whatever order they were added; scales make them what
//! they stand for. All places are judged side by side, without a branch.

use crate::{isa::Isa, math::Real};

/// Places in a row of sums.
pub const PLACES: usize = 256;

/// Sums over all that lies at or before each place.
#[derive(Clone, Debug)]
pub struct LeftSums {
    /// Gradients.
    pub g: [i64; PLACES],
    /// Hessians.
    pub h: [i64; PLACES],
    /// Counts.
    pub c: [i64; PLACES],
}

/// What a cut is judged by.
#[derive(Clone, Copy, Debug)]
pub struct CutRules {
    /// sg, sh, sc
    pub scales: [f64; 3],
    /// Totals, as whole numbers.
    pub totals: [i64; 3],
    /// To be added to the left of every place.
    pub extra: [i64; 3],
    /// α
    pub l1: f64,
    /// λ
    pub l2: f64,
    /// Least H of a side.
    pub min_h: f64,
    /// Least C of a side.
    pub min_c: f64,
}

/// Places that are judged together: a power of two, as many as vectors of any width fill.
const TOGETHER: usize = 16;

#[inline(always)]
pub(crate) fn best_cut<T: Real, I: Isa>(left: &LeftSums, places: usize, rules: &CutRules) -> (f64, usize) {
    let places = places.min(PLACES);
    let mut gains = [0_i64; PLACES];
    let judged = places.next_multiple_of(TOGETHER);
    judge(left, rules, &mut gains[..judged]);
    gains[places..judged].fill(NOT_ALLOWED);
    let best = gains[..judged].iter().fold(NOT_ALLOWED, |best, gain| best.max(*gain));
    if best == NOT_ALLOWED {
        return (f64::NEG_INFINITY, 0);
    }
    // The first of equals: groups without one are passed over side by side.
    let has_best = |group: &[i64]| group.iter().fold(false, |found, gain| found | (*gain == best));
    let groups =
        gains[..judged].chunks_exact(TOGETHER).take_while(|group| !has_best(group)).count() * TOGETHER;
    let first = groups + gains[groups..judged].iter().take_while(|gain| **gain != best).count();
    (f64::from_bits(best as u64), first)
}

/// Below every gain.
const NOT_ALLOWED: i64 = -1;

/// Bits of gains, which are not negative: their order is that of whole numbers.
#[inline(always)]
fn judge(left: &LeftSums, rules: &CutRules, gains: &mut [i64]) {
    let ([sg, sh, sc], [ge, he, ce]) = (rules.scales, rules.extra);
    let totals: [i64; 3] = std::array::from_fn(|k| rules.totals[k] - rules.extra[k]);
    let min_c = rules.min_c.max(f64::MIN_POSITIVE);
    let min_h = if rules.l2 > 0.0 { rules.min_h } else { rules.min_h.max(f64::MIN_POSITIVE) };
    let n = gains.len();
    let (g, h, c) = (&left.g[..n], &left.h[..n], &left.c[..n]);
    for i in 0..n {
        let (ga, ha, ca) = ((g[i] + ge) as f64 * sg, (h[i] + he) as f64 * sh, (c[i] + ce) as f64 * sc);
        let (gb, hb) = ((totals[0] - g[i]) as f64 * sg, (totals[1] - h[i]) as f64 * sh);
        let cb = (totals[2] - c[i]) as f64 * sc;
        let (ga, gb) = (ga.abs() - rules.l1, gb.abs() - rules.l1);
        let (ga, gb) = (if ga > 0.0 { ga } else { 0.0 }, if gb > 0.0 { gb } else { 0.0 });
        let (da, db) = (ha + rules.l2, hb + rules.l2);
        // ga²/da + gb²/db, with one division.
        let gain = (ga * ga * db + gb * gb * da) / (da * db);
        let (least_c, least_h) = (if ca < cb { ca } else { cb }, if ha < hb { ha } else { hb });
        let (room_c, room_h) = (least_c - min_c, least_h - min_h);
        let room = if room_c < room_h { room_c } else { room_h };
        gains[i] = if room >= 0.0 { gain.to_bits() as i64 } else { NOT_ALLOWED };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_all_places_is_found() {
        let mut state = 1_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 33) % below) as i64
        };
        for places in [0, 1, 7, 8, 9, 100, 256] {
            let mut left = LeftSums { g: [0; PLACES], h: [0; PLACES], c: [0; PLACES] };
            let mut sums = [0_i64; 3];
            for i in 0..PLACES {
                // Bins without rows: of equal gains the first one counts.
                if next(3) > 0 {
                    sums = [sums[0] + next(2001) - 1000, sums[1] + next(100), sums[2] + next(5)];
                }
                (left.g[i], left.h[i], left.c[i]) = (sums[0], sums[1], sums[2]);
            }
            let rules = CutRules {
                scales: [0.5, 0.25, 1.0],
                totals: [sums[0] + 300, sums[1] + 40, sums[2] + 20],
                extra: [7, 3, 2],
                l1: 2.0,
                l2: 0.5,
                min_h: 20.0,
                min_c: 10.0,
            };
            let mut slow = (f64::NEG_INFINITY, 0);
            for i in 0..places {
                let side = |g: i64, h: i64, c: i64| {
                    let (g, h) = (g as f64 * 0.5, h as f64 * 0.25);
                    let bad = h < 20.0 || c < 10;
                    if bad { f64::NEG_INFINITY } else { (g.abs() - 2.0).max(0.0).powi(2) / (h + 0.5) }
                };
                let (g, h, c) = (left.g[i] + 7, left.h[i] + 3, left.c[i] + 2);
                let gain =
                    side(g, h, c) + side(rules.totals[0] - g, rules.totals[1] - h, rules.totals[2] - c);
                if gain > slow.0 {
                    slow = (gain, i);
                }
            }
            let (gain, place) = crate::best_cut::<f64>(&left, places, &rules);
            // Five roundings against three.
            let same = gain == slow.0 || (gain - slow.0).abs() < 1e-14 * slow.0;
            assert!(same && place == slow.1, "{places}: {gain} at {place}, {slow:?}");
        }
    }
}
