//! Lloyd's iteration from given centres.

use super::assign::{Assignment, Groups, Move, NONE};
use super::points::{Centres, Points};
use estimand_core::{Float, Records};
use estimand_par as par;
use ndarray::ArrayView2;

/// Centres of a group, on the average.
const GROUP: usize = 8;
/// Up to so many centres one lower bound for all of them spares as much as several.
const ONE_GROUP: usize = 24;
/// Threads that moving rows between sums is worth.
const SHARES: usize = 8;
/// Moves between a row's being asked for and its turn.
const AHEAD: usize = 64;
/// Values moved that are worth sharing out.
const WORTHWHILE: usize = 200_000;

/// When to stop, and whether bounds are kept.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) max_iter: usize,
    /// Largest Σ ‖move of a centre‖² of an iteration that is the last.
    pub(super) tol: f64,
    pub(super) bounds: bool,
}

/// Where the iteration ended.
pub(super) struct Outcome {
    pub(super) centres: Centres,
    pub(super) labels: Vec<u32>,
    /// Σ ωᵢ ‖xᵢ − c‖²
    pub(super) inertia: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
    /// Centres that had lost all their rows and were given others, over all iterations.
    pub(super) relocated: usize,
}

/// Assigns rows and moves centres in turn, until no row changes or centres hardly move.
pub(super) fn run<F: Float>(points: &Points<'_, F>, weights: &[f64], start: Centres, plan: Plan) -> Outcome {
    let (n, k) = (points.count(), start.count());
    let mut assignment = Assignment::new(n, k, plan.bounds);
    let mut sums = Sums::new(k, start.width());
    let mut outcome = Outcome {
        centres: start,
        labels: Vec::new(),
        inertia: 0.0,
        iterations: 0,
        converged: false,
        relocated: 0,
    };
    let mut is_settled = false;
    while outcome.iterations < plan.max_iter && !outcome.converged {
        let moves = assignment.update(points, &outcome.centres);
        sums.apply(points, weights, &moves);
        let (next, relocated) = sums.centres(points, weights, &assignment.labels, &outcome.centres);
        let ways = next.moved(&outcome.centres);
        assignment.moved(&ways);
        outcome.centres = next;
        outcome.iterations += 1;
        // Not before: centres may begin as single rows, which tell little of where they will stand. Sparse rows meet all
        // centres at once.
        if outcome.iterations == 1
            && let Points::Dense { .. } = points
            && let Some(groups) = groups(&outcome.centres, plan.bounds)
        {
            assignment.regroup(groups);
        }
        outcome.relocated += relocated;
        is_settled = moves.is_empty();
        outcome.converged = is_settled || ways.iter().map(|way| way * way).sum::<f64>() <= plan.tol;
    }
    // Centres as the model keeps them; rows go to the nearest of those.
    let kept = outcome.centres.of::<F>();
    let kept = Centres::new(kept.iter().map(|c| c.f64()).collect(), points.origin());
    let rounding = kept.moved(&outcome.centres);
    if !is_settled || rounding.iter().any(|way| *way > 0.0) {
        assignment.moved(&rounding);
        assignment.update(points, &kept);
    }
    outcome.centres = kept;
    outcome.labels = assignment.labels;
    outcome.inertia = inertia(points, weights, &outcome.labels, &outcome.centres);
    outcome
}

/// Σ ωᵢ ‖xᵢ − c‖², c the centre of row i.
pub(super) fn inertia<F: Float>(
    points: &Points<'_, F>,
    weights: &[f64],
    labels: &[u32],
    centres: &Centres,
) -> f64 {
    let n = labels.len();
    let part = |rows: std::ops::Range<usize>| {
        let numbers: Vec<usize> = rows.clone().collect();
        let distances = points.distances(&numbers, &labels[rows.clone()], centres);
        distances.iter().zip(&weights[rows]).map(|(d, w)| w * d).sum::<f64>()
    };
    par::reduce(n, par::chunk_len(n, 2 * centres.width()), part, |a, b| a + b).unwrap_or(0.0)
}

/// Groups of centres that lie together, where several are worth it: k-means of the centres, a few times.
fn groups(centres: &Centres, bounds: bool) -> Option<Groups> {
    let (k, p) = (centres.count(), centres.width());
    let count = (k / GROUP).min(2 * p.max(GROUP));
    if !bounds || k <= ONE_GROUP || count < 2 {
        return None;
    }
    let rows = ArrayView2::from_shape((k, p), &centres.about).ok()?;
    let points = Points::about(Records::<f64>::from(rows), vec![0.0; p]);
    let start = (0..count).flat_map(|g| centres.about(g * k / count).iter().copied()).collect();
    let plan = Plan { max_iter: 5, tol: 0.0, bounds: false };
    Some(Groups::new(run(&points, &vec![1.0; k], Centres::new(start, &vec![0.0; p]), plan).labels))
}

/// Of the rows of one centre.
#[derive(Clone)]
struct Sum {
    /// Σ ωᵢ (xᵢ − m)
    rows: Vec<f64>,
    /// Σ ωᵢ
    weight: f64,
    /// Number of rows with weight.
    count: usize,
}

impl Sum {
    fn add<F: Float>(&mut self, points: &Points<'_, F>, row: usize, weight: f64) {
        points.add(row, weight, &mut self.rows);
        self.weight += weight;
        self.count += usize::from(weight > 0.0);
    }

    fn remove<F: Float>(&mut self, points: &Points<'_, F>, row: usize, weight: f64) {
        points.add(row, -weight, &mut self.rows);
        self.weight -= weight;
        self.count -= usize::from(weight > 0.0);
    }
}

/// The sums of all centres.
struct Sums(Vec<Sum>);

impl Sums {
    fn new(k: usize, p: usize) -> Self {
        Self(vec![Sum { rows: vec![0.0; p], weight: 0.0, count: 0 }; k])
    }

    /// Takes rows from one centre to another, in order. Centres are shared out: each thread reads all moves.
    fn apply<F: Float>(&mut self, points: &Points<'_, F>, weights: &[f64], moves: &[Move]) {
        let shares = if moves.len() * points.origin().len() < WORTHWHILE { 1 } else { SHARES };
        let share = self.0.len().div_ceil(shares);
        par::for_each_chunk_mut(&mut self.0, share, |first, sums| {
            let count = sums.len();
            let own = |c: u32| (c != NONE).then(|| (c as usize).wrapping_sub(first)).filter(|c| *c < count);
            for (k, m) in moves.iter().enumerate() {
                if let Some(soon) = moves.get(k + AHEAD).filter(|m| own(m.from).or(own(m.to)).is_some()) {
                    points.prefetch(soon.row);
                }
                if let Some(c) = own(m.from) {
                    sums[c].remove(points, m.row, weights[m.row]);
                }
                if let Some(c) = own(m.to) {
                    sums[c].add(points, m.row, weights[m.row]);
                }
            }
        });
    }

    /// The means of the rows, and how many centres had none: each of those is put on the row farthest from its own
    /// centre, which that one then does without. Where no row is away from its centre, such a centre stays.
    fn centres<F: Float>(
        &self,
        points: &Points<'_, F>,
        weights: &[f64],
        labels: &[u32],
        now: &Centres,
    ) -> (Centres, usize) {
        let empty: Vec<usize> = (0..self.0.len()).filter(|c| self.0[*c].count == 0).collect();
        let mut moved: Vec<(usize, Sum)> = Vec::new();
        for (c, far) in empty.iter().zip(farthest(points, weights, labels, now, empty.len())) {
            let from = labels[far] as usize;
            let mut without = moved
                .iter()
                .rfind(|(c, _)| *c == from)
                .map_or_else(|| self.0[from].clone(), |(_, sum)| sum.clone());
            without.remove(points, far, weights[far]);
            let mut alone = Sum { rows: vec![0.0; now.width()], weight: 0.0, count: 0 };
            alone.add(points, far, weights[far]);
            moved.extend([(from, without), (*c, alone)]);
        }
        let mut values = Vec::with_capacity(now.count() * now.width());
        for (c, sum) in self.0.iter().enumerate() {
            let sum = moved.iter().rfind(|(m, _)| *m == c).map_or(sum, |(_, sum)| sum);
            match sum.count > 0 && sum.weight > 0.0 {
                true => values.extend(sum.rows.iter().zip(points.origin()).map(|(s, m)| s / sum.weight + m)),
                false => values.extend_from_slice(now.value(c)),
            }
        }
        (Centres::new(values, points.origin()), empty.len())
    }
}

/// The `count` rows of positive weight that are farthest from their centres, farthest first; none at distance 0.
fn farthest<F: Float>(
    points: &Points<'_, F>,
    weights: &[f64],
    labels: &[u32],
    centres: &Centres,
    count: usize,
) -> Vec<usize> {
    if count == 0 {
        return Vec::new();
    }
    let numbers: Vec<usize> = (0..labels.len()).collect();
    let distances = points.distances(&numbers, labels, centres);
    let mut rows: Vec<usize> =
        numbers.into_iter().filter(|i| weights[*i] > 0.0 && distances[*i] > 0.0).collect();
    rows.sort_unstable_by(|a, b| distances[*b].total_cmp(&distances[*a]).then(a.cmp(b)));
    rows.truncate(count);
    rows
}
