//! Shapes in the plane and in space: blobs, moons, circles, the Swiss roll.

use super::{Role, check_size, normals, stream, uniforms};
use estimand_core::describe::{at_least, inside};
use estimand_core::{Dataset, Describe, Error, Result, random};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use std::f64::consts::PI;

estimand_core::params! {
    /// Round Gaussian clusters; see [`make_blobs`].
    pub struct MakeBlobs(n_samples: usize) {
        /// Number of rows, shared out evenly.
        n_samples: usize = 100, at_least(1.0);
        /// Number of columns.
        n_features: usize = 2, at_least(1.0);
        /// Number of clusters.
        centers: usize = 3, at_least(1.0);
        /// Standard deviation of every cluster.
        cluster_std: f64 = 1.0, at_least(0.0);
        /// Standard deviation of each cluster, in the place of `cluster_std`.
        cluster_stds: Option<Vec<f64>> = None;
        /// Bounds between which the coordinates of the centres are drawn.
        center_box: (f64, f64) = (-10.0, 10.0);
        /// Shuffle rows; otherwise they come by cluster.
        shuffle: bool = true;
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// Round Gaussian clusters of `n_samples` rows in all; the target is the number of the cluster.
///
/// ```
/// let settings = estimand_datasets::make_blobs(150).centers(3).cluster_std(0.5).seed(3);
/// let (data, centers) = (settings.generate()?, settings.draw_centers()?);
/// assert_eq!((data.x.dim(), centers.dim()), ((150, 2), (3, 2)));
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn make_blobs(n_samples: usize) -> MakeBlobs {
    MakeBlobs::new(n_samples)
}

impl MakeBlobs {
    /// Draws the clusters around [`draw_centers`](Self::draw_centers).
    pub fn generate(&self) -> Result<Dataset<f64, Array1<usize>>> {
        self.generate_around(self.draw_centers()?.view())
    }

    /// The centres that `generate` uses.
    pub fn draw_centers(&self) -> Result<Array2<f64>> {
        self.check()?;
        check_size(self.centers, self.n_features)?;
        let (low, high) = self.center_box;
        if !(low <= high && (high - low).is_finite()) {
            return Err(Error::parameter(
                "center_box",
                format!("({low}, {high})"),
                "two finite bounds, the lower one first",
            ));
        }
        Ok(uniforms(self.centers, self.n_features, &mut stream(self.seed, Role::Model)) * (high - low) + low)
    }

    /// Draws the clusters around these centres, one per row; `centers`, `n_features` and `center_box`
    /// concern drawn centres only.
    pub fn generate_around(&self, centers: ArrayView2<'_, f64>) -> Result<Dataset<f64, Array1<usize>>> {
        self.check()?;
        let (k, p) = centers.dim();
        if k == 0 || p == 0 {
            return Err(Error::EmptyInput { what: format!("centers ({k} × {p})") });
        }
        if let Some(value) = centers.iter().find(|v| !v.is_finite()) {
            return Err(Error::parameter("centers", value, "finite numbers"));
        }
        check_size(self.n_samples, p)?;
        let deviations = self.cluster_stds.clone().unwrap_or_else(|| vec![self.cluster_std; k]);
        if deviations.len() != k || deviations.iter().any(|d| !(*d >= 0.0 && d.is_finite())) {
            let allowed = format!("{k} finite numbers, none negative: one per cluster");
            return Err(Error::parameter("cluster_stds", format!("{deviations:?}"), allowed));
        }
        let mut x = normals(self.n_samples, p, &mut stream(self.seed, Role::Points));
        let mut y = Array1::zeros(self.n_samples);
        let mut start = 0;
        for (c, center) in centers.rows().into_iter().enumerate() {
            let size = self.n_samples / k + usize::from(c < self.n_samples % k);
            let mut cluster = x.slice_mut(s![start..start + size, ..]);
            cluster *= deviations[c];
            cluster += &center;
            y.slice_mut(s![start..start + size]).fill(c);
            start += size;
        }
        Ok(shuffled(x, y, self.shuffle, self.seed))
    }
}

estimand_core::params! {
    /// Two interleaving half circles; see [`make_moons`].
    pub struct MakeMoons(n_samples: usize) {
        /// Number of rows; the second moon has one more where it is odd.
        n_samples: usize = 100, at_least(1.0);
        /// Shuffle rows; otherwise the upper moon comes first.
        shuffle: bool = true;
        /// Standard deviation of the noise added to every coordinate.
        noise: f64 = 0.0, at_least(0.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// Two interleaving half circles in the plane: 0 is the upper one, around the origin, 1 the lower one.
pub fn make_moons(n_samples: usize) -> MakeMoons {
    MakeMoons::new(n_samples)
}

impl MakeMoons {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<usize>>> {
        self.check()?;
        let (upper, lower) = halves(self.n_samples)?;
        // Both ends belong to the moon.
        let angle = |i: usize, n: usize| if n > 1 { PI * i as f64 / (n - 1) as f64 } else { 0.0 };
        let point = |i: usize| {
            if i < upper {
                let (sin, cos) = angle(i, upper).sin_cos();
                [cos, sin]
            } else {
                let (sin, cos) = angle(i - upper, lower).sin_cos();
                [1.0 - cos, 0.5 - sin]
            }
        };
        Ok(plane(self.n_samples, upper, point, self.noise, self.shuffle, self.seed))
    }
}

estimand_core::params! {
    /// A circle around a smaller one; see [`make_circles`].
    pub struct MakeCircles(n_samples: usize) {
        /// Number of rows; the inner circle has one more where it is odd.
        n_samples: usize = 100, at_least(1.0);
        /// Shuffle rows; otherwise the outer circle comes first.
        shuffle: bool = true;
        /// Standard deviation of the noise added to every coordinate.
        noise: f64 = 0.0, at_least(0.0);
        /// Radius of the inner circle; that of the outer one is 1.
        factor: f64 = 0.8, inside(0.0, 1.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A circle of radius 1 (class 0) around a smaller one (class 1), in the plane.
pub fn make_circles(n_samples: usize) -> MakeCircles {
    MakeCircles::new(n_samples)
}

impl MakeCircles {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<usize>>> {
        self.check()?;
        let (outer, inner) = halves(self.n_samples)?;
        let point = |i: usize| {
            let (i, n, radius) = if i < outer { (i, outer, 1.0) } else { (i - outer, inner, self.factor) };
            let (sin, cos) = (2.0 * PI * i as f64 / n as f64).sin_cos();
            [radius * cos, radius * sin]
        };
        Ok(plane(self.n_samples, outer, point, self.noise, self.shuffle, self.seed))
    }
}

estimand_core::params! {
    /// A rolled-up sheet in space; see [`make_swiss_roll`].
    pub struct MakeSwissRoll(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Standard deviation of the noise added to every coordinate.
        noise: f64 = 0.0, at_least(0.0);
        /// Leave out the middle of the sheet.
        hole: bool = false;
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A rolled-up sheet: `(t cos t, h, t sin t)` with `t` uniform on 1.5π to 4.5π and the height `h` on 0 to 21. The
/// target is `t`, the place along the roll.
pub fn make_swiss_roll(n_samples: usize) -> MakeSwissRoll {
    MakeSwissRoll::new(n_samples)
}

impl MakeSwissRoll {
    /// Draws the points.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<f64>>> {
        self.check()?;
        check_size(self.n_samples, 3)?;
        let mut place = uniforms(self.n_samples, 2, &mut stream(self.seed, Role::Points)) * 3.0;
        if self.hole {
            // Nine equal cells; the draw of a cell skips the one in the middle.
            let mut cells = stream(self.seed, Role::Labels);
            for mut row in place.rows_mut() {
                let cell = [0, 1, 2, 3, 5, 6, 7, 8][random::below(8, &mut cells)];
                row[0] = row[0] / 3.0 + (cell / 3) as f64;
                row[1] = row[1] / 3.0 + (cell % 3) as f64;
            }
        }
        let t = place.column(0).mapv(|u| PI * (1.5 + u));
        let mut x = Array2::from_shape_fn((self.n_samples, 3), |(i, j)| match j {
            0 => t[i] * t[i].cos(),
            1 => 7.0 * place[[i, 1]],
            _ => t[i] * t[i].sin(),
        });
        x.scaled_add(self.noise, &normals(self.n_samples, 3, &mut stream(self.seed, Role::Noise)));
        Ok(Dataset::new(x, t))
    }
}

fn halves(n: usize) -> Result<(usize, usize)> {
    check_size(n, 2)?;
    Ok((n / 2, n - n / 2))
}

/// Points of the plane, the first `first` of them in class 0, with noise, shuffled.
fn plane(
    n: usize,
    first: usize,
    point: impl Fn(usize) -> [f64; 2],
    noise: f64,
    shuffle: bool,
    seed: u64,
) -> Dataset<f64, Array1<usize>> {
    let mut x = Array2::zeros((n, 2));
    for (i, mut row) in x.axis_iter_mut(Axis(0)).enumerate() {
        [row[0], row[1]] = point(i);
    }
    x.scaled_add(noise, &normals(n, 2, &mut stream(seed, Role::Noise)));
    shuffled(x, Array1::from_shape_fn(n, |i| usize::from(i >= first)), shuffle, seed)
}

fn shuffled(x: Array2<f64>, y: Array1<usize>, shuffle: bool, seed: u64) -> Dataset<f64, Array1<usize>> {
    if !shuffle {
        return Dataset::new(x, y);
    }
    let order = random::permutation(x.nrows(), &mut stream(seed, Role::Order));
    Dataset::new(x.select(Axis(0), &order), y.select(Axis(0), &order))
}
