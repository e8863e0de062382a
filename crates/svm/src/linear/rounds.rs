//! One variable after another, in random order, until all meet their optimality conditions.

use super::Plan;
use estimand_core::Seed;
use estimand_core::random::shuffle;

/// Rounds over the variables `all`; their number, and whether the last one found no violation above `tol`, which is told
/// the largest violation of the first round.
///
/// `visit` takes a variable to its best value and says how far from optimal it was; or nothing if it is at a bound and
/// pressed against it harder than anything moved in the last round, its second argument. Such variables are left out until
/// the others are done.
pub(super) fn rounds(
    all: &[usize],
    plan: Plan,
    tol: impl Fn(f64) -> f64,
    mut visit: impl FnMut(usize, f64) -> Option<f64>,
) -> (usize, bool) {
    let mut stream = Seed(plan.seed).stream(0);
    let (mut active, mut bound, mut first) = (all.to_vec(), f64::INFINITY, None);
    for round in 1..=plan.max_iter {
        shuffle(&mut active, &mut stream);
        let mut violation = 0.0_f64;
        active.retain(|i| {
            let off = visit(*i, bound);
            violation = violation.max(off.unwrap_or(0.0));
            off.is_some()
        });
        if violation > tol(*first.get_or_insert(violation)) {
            bound = violation;
        } else if active.len() == all.len() {
            return (round, true);
        } else {
            (active, bound) = (all.to_vec(), f64::INFINITY);
        }
    }
    (plan.max_iter, false)
}
