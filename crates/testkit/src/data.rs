//! The small problems on which estimators are examined.

use estimand_core::Seed;
use ndarray::{Array1, Array2, Axis, concatenate};
use std::cell::Cell;

thread_local! {
    static DOMAIN: Cell<fn(f64) -> f64> = const { Cell::new(|v| v) };
}

/// Runs `f` with the values of all problems mapped into the domain of an estimator, such as counts.
pub(crate) fn in_domain<T>(map: fn(f64) -> f64, f: impl FnOnce() -> T) -> T {
    let before = DOMAIN.replace(map);
    let found = f();
    DOMAIN.set(before);
    found
}

/// Records with a target of either kind.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Records.
    pub x: Array2<f64>,
    /// A numeric target: linear in the records, with noise.
    pub y: Array1<f64>,
    /// Class labels 0, 1, 2 of clusters that mostly keep apart.
    pub labels: Array1<usize>,
}

impl Problem {
    /// `n × p` records around three centres, the classes in turn.
    pub fn new(n: usize, p: usize, seed: u64) -> Self {
        let mut stream = Seed(seed).stream(0);
        // A sum of twelve uniform numbers is normal enough here.
        let mut normal = || (0..12).map(|_| (rand_u32(&mut stream)) / 4_294_967_296.0).sum::<f64>() - 6.0;
        let labels = Array1::from_shape_fn(n, |i| i % 3);
        let centres = Array2::from_shape_fn((3, p), |(c, j)| if j % 3 == c { 2.5 } else { -1.0 });
        let x = Array2::from_shape_fn((n, p), |(i, j)| centres[[labels[i], j]] + normal());
        let slopes = Array1::from_shape_fn(p, |j| 1.0 + j as f64 / 2.0);
        let y = x.dot(&slopes).mapv_into(|z| z + 3.0 + 0.5 * normal());
        Self { x: x.mapv_into(DOMAIN.get()), y, labels }
    }

    /// The rows with these numbers.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            x: self.x.select(Axis(0), rows),
            y: self.y.select(Axis(0), rows),
            labels: self.labels.select(Axis(0), rows),
        }
    }

    /// With the records multiplied by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self { x: &self.x * factor, ..self.clone() }
    }

    /// With one value replaced.
    #[must_use]
    pub fn with_value(mut self, row: usize, column: usize, value: f64) -> Self {
        self.x[[row, column]] = value;
        self
    }

    /// With one more column that holds `value`, or what it is mapped to, everywhere.
    #[must_use]
    pub fn with_constant_column(&self, value: f64) -> Self {
        let column = Array2::from_elem((self.x.nrows(), 1), DOMAIN.get()(value));
        let x = concatenate(Axis(1), &[self.x.view(), column.view()]).unwrap_or_else(|_| self.x.clone());
        Self { x, ..self.clone() }
    }
}

fn rand_u32(stream: &mut estimand_core::Stream) -> f64 {
    estimand_core::random::below(1 << 32, stream) as f64
}
