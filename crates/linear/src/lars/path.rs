//! The path itself: from no columns to as many as are asked for, breakpoint by breakpoint.
//!
//! The largest covariance C is what the path is walked along: d = Sₐₐ⁻¹s makes every |cⱼ| of the active columns fall at
//! rate 1 as w moves along d, so that C − γ is both their covariance after a step of γ and, over Σω, the penalty
//! for which the lasso is solved there.

use crate::active::ActiveFactor;
use crate::products::{Products, by_size};
use ndarray::{Array1, Array2};

/// Which path, and how far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether coefficients leave when they reach zero.
    pub(super) lasso: bool,
    /// Whether coefficients must not be negative.
    pub(super) positive: bool,
    /// C/Σω at which to stop.
    pub(super) alpha: f64,
    /// Most steps.
    pub(super) max_steps: usize,
}

/// A breakpoint: C/Σω and the coefficients that are not zero.
#[derive(Clone, Debug)]
pub(super) struct Breakpoint {
    pub(super) alpha: f64,
    pub(super) coef: Vec<(usize, f64)>,
}

/// Where a walk led.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) breakpoints: Vec<Breakpoint>,
    /// Active at the end, in the order in which they came.
    pub(super) active: Vec<usize>,
    /// Columns left out as combinations of active ones.
    pub(super) dependent: usize,
    /// Columns left out though they correlate with what is left: small beside others, so that their covariances drown in
    /// the rounding of those.
    pub(super) small: usize,
    /// Whether it led as far as asked.
    pub(super) arrived: bool,
}

/// Covariances closer than this share of the first are equal: what rounding leaves of a tie.
const TIE: f64 = 1e-13;
/// Steps after which covariances are computed anew, before the rounding of the steps adds up.
const REFRESH: usize = 16;

/// The least squared correlation that is no rounding.
const CORRELATED: f64 = 1e-12;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Inactive,
    Active,
    /// Left at this very point: its return has to wait for a step.
    Left,
    /// A combination of active columns.
    Dependent,
}

enum Event {
    Arrive,
    Enter(usize, f64),
    Leave(usize),
}

/// Steps 2 to 5 of the statement, for target k.
pub(super) fn walk(products: &mut Products<'_>, k: usize, rules: Rules) -> Walk {
    let first: Vec<f64> = products.cross.column(k).to_vec();
    let p = first.len();
    let weight = products.weight;
    let size = |c: f64| if rules.positive { c } else { c.abs() };
    let mut c = first.clone();
    let mut w = vec![0.0; p];
    let mut state = vec![State::Inactive; p];
    let (mut active, mut signs, mut factor) =
        (Vec::<usize>::new(), Vec::<f64>::new(), ActiveFactor::default());
    let start = first.iter().fold(0.0, |max: f64, c| max.max(size(*c)));
    let floor = rules.alpha * weight;
    // Not below the rounding of the covariances.
    let end = floor.max(f64::EPSILON * start);
    let mut level = start;
    let mut entering = first.iter().position(|c| size(*c) == start).map(|j| (j, first[j].signum()));
    let mut breakpoints = vec![Breakpoint { alpha: (level / weight).max(rules.alpha), coef: Vec::new() }];
    let mut dependent = 0;
    let mut arrived = level <= end;
    while !arrived && breakpoints.len() <= rules.max_steps {
        if let Some((j, sign)) = entering.take() {
            products.want(j, || by_size(&c, |j| state[j] != State::Inactive));
            let row = products.row(j);
            let known = active.iter().map(|i| row[*i]).collect();
            if active.len() < products.rank && factor.push(known, row[j]) {
                active.push(j);
                signs.push(sign);
                state[j] = State::Active;
            } else {
                state[j] = State::Dependent;
                dependent += 1;
            }
        }
        if active.is_empty() {
            // The largest covariance was that of a column without variance, but for rounding: the next, if any.
            let next = by_size(&c, |j| state[j] != State::Inactive || size(c[j]) <= end).first().copied();
            match next {
                Some(j) => (level, entering) = (size(c[j]), Some((j, c[j].signum()))),
                None => arrived = true,
            }
            continue;
        }
        let d = factor.solve(signs.clone());
        if rules.lasso {
            // A tie: at zero, and about to move against its sign.
            let wrong = (0..active.len()).find(|i| w[active[*i]] == 0.0 && d[*i] * signs[*i] < 0.0);
            if let Some(i) = wrong {
                leave(i, &mut active, &mut signs, &mut factor, &mut state);
                continue;
            }
        }
        let a = products.combine(&active, &d);
        let (mut gamma, mut event) = (level - floor, Event::Arrive);
        // With as many columns as there can be, what is left is explained by them: no other catches up before the end.
        let full = active.len() == products.rank;
        for j in (0..p).filter(|j| !full && matches!(state[*j], State::Inactive | State::Left)) {
            for sign in if rules.positive { &[1.0][..] } else { &[1.0, -1.0] } {
                let (gap, slope) = (level - sign * c[j], 1.0 - sign * a[j]);
                let returns = state[j] == State::Left && gap <= TIE * start;
                if slope > f64::EPSILON && !returns && gap.max(0.0) < gamma * slope {
                    (gamma, event) = (gap.max(0.0) / slope, Event::Enter(j, *sign));
                }
            }
        }
        if rules.lasso {
            for (i, (j, d)) in active.iter().zip(&d).enumerate() {
                let reach = -w[*j] / d;
                if w[*j] != 0.0 && reach > 0.0 && reach < gamma {
                    (gamma, event) = (reach, Event::Leave(i));
                }
            }
        }
        level -= gamma;
        if gamma > TIE * start {
            // w + γd, without the errors of the steps before: Sₐₐw = Cₐ − Cs.
            let right = active.iter().zip(&signs).map(|(j, s)| first[*j] - level * s).collect();
            active.iter().zip(factor.solve(right)).for_each(|(j, value)| w[*j] = value);
        }
        c.iter_mut().zip(&a).for_each(|(c, a)| *c -= gamma * a);
        if let Event::Leave(i) = event {
            w[active[i]] = 0.0;
        }
        if rules.lasso {
            // The step ends where the first coefficient reaches zero; others that reach it there may pass it by a rounding.
            for (j, sign) in active.iter().zip(&signs) {
                w[*j] = if w[*j] * sign < 0.0 { 0.0 } else { w[*j] };
            }
        }
        if gamma > TIE * start || matches!(event, Event::Arrive) {
            state.iter_mut().filter(|s| **s == State::Left).for_each(|s| *s = State::Inactive);
            if breakpoints.len().is_multiple_of(REFRESH) {
                let values: Vec<f64> = active.iter().map(|j| w[*j]).collect();
                let fitted = products.combine(&active, &values);
                c.iter_mut().zip(&first).zip(&fitted).for_each(|((c, first), fitted)| *c = first - fitted);
            }
            let coef = active.iter().map(|j| (*j, w[*j])).filter(|(_, w)| *w != 0.0).collect();
            breakpoints.push(Breakpoint { alpha: level / weight, coef });
        }
        match event {
            Event::Enter(j, sign) => entering = Some((j, sign)),
            Event::Leave(i) => {
                leave(i, &mut active, &mut signs, &mut factor, &mut state);
                state.iter_mut().filter(|s| **s == State::Dependent).for_each(|s| *s = State::Inactive);
            }
            Event::Arrive => {
                arrived = true;
                if let Some(last) = breakpoints.last_mut() {
                    last.alpha = rules.alpha;
                }
            }
        }
        arrived |= level <= end;
    }
    let correlates = |j: usize| {
        let squares = products.square(j).unwrap_or(0.0) * products.target_squares[k];
        c[j].powi(2) > CORRELATED * squares && squares > 0.0
    };
    let drowns = |j: usize| state[j] == State::Inactive && first[j].abs() <= TIE * start && correlates(j);
    let small = if arrived { (0..p).filter(|j| size(c[*j]) > floor && drowns(*j)).count() } else { 0 };
    Walk { breakpoints, active, dependent, small, arrived }
}

fn leave(
    i: usize,
    active: &mut Vec<usize>,
    signs: &mut Vec<f64>,
    factor: &mut ActiveFactor,
    state: &mut [State],
) {
    factor.remove(i);
    signs.remove(i);
    state[active.remove(i)] = State::Left;
}

impl Walk {
    /// The coefficients where it ended, p.
    pub(super) fn last(&self, p: usize) -> Array1<f64> {
        let mut coef = Array1::zeros(p);
        self.breakpoints.last().into_iter().flat_map(|b| &b.coef).for_each(|(j, w)| coef[*j] = *w);
        coef
    }

    /// All coefficients, p × breakpoints.
    pub(super) fn coefs(&self, p: usize) -> Array2<f64> {
        let mut coefs = Array2::zeros((p, self.breakpoints.len()));
        for (b, breakpoint) in self.breakpoints.iter().enumerate() {
            breakpoint.coef.iter().for_each(|(j, w)| coefs[[*j, b]] = *w);
        }
        coefs
    }

    /// C/Σω of all breakpoints, falling.
    pub(super) fn alphas(&self) -> Array1<f64> {
        self.breakpoints.iter().map(|b| b.alpha).collect()
    }
}
