//! ½‖Ỹ − X̃W‖² as coordinate descent sees it: slopes and steps, from the Gram matrix or from columns.
//!
//! Both keep a *state* that is affine in W, so that an affine combination of iterates has the same combination of states.

use super::penalty::{Fit, squares};
use estimand_core::Csr;
use estimand_kernels as kernels;
use ndarray::{Array2, ArrayView2};

/// ½‖Ỹ − X̃W‖² of m columns and t targets, at a W that the caller keeps, row by row.
pub(super) trait Quadratic {
    /// m
    fn columns(&self) -> usize;
    /// t
    fn targets(&self) -> usize;
    /// ‖X̃ⱼ‖²
    fn curvature(&self, j: usize) -> f64;
    /// out ← X̃ⱼᵀR
    fn slope(&self, j: usize, out: &mut [f64]);
    /// R ← R − X̃ⱼ δ
    fn step(&mut self, j: usize, delta: &[f64]);
    /// ‖R‖² and ⟨R, Ỹ⟩ at W.
    fn fit(&self, w: &[f64]) -> Fit;
    /// What changes with W, affinely.
    fn state(&mut self) -> &mut Vec<f64>;
}

/// By covariance updates: the state is Q = C − GW, a row for each target.
pub(super) struct Covariance<'a> {
    /// G, m × m row-major
    gram: &'a [f64],
    columns: usize,
    /// C, t × m
    cross: Vec<f64>,
    /// ‖Ỹ‖²
    squares: f64,
    q: Vec<f64>,
    curvature: Vec<f64>,
}

impl<'a> Covariance<'a> {
    /// At W = `w`, of G (m × m), C (m × t) and ‖Ỹ‖².
    pub(super) fn new(gram: &'a Array2<f64>, cross: ArrayView2<'_, f64>, squares: f64, w: &[f64]) -> Self {
        let (m, t) = cross.dim();
        let cross: Vec<f64> = cross.t().iter().copied().collect();
        let mut this = Self {
            gram: gram.as_slice().unwrap_or_default(),
            columns: m,
            q: cross.clone(),
            cross,
            squares,
            curvature: gram.diag().to_vec(),
        };
        for (j, w) in w.chunks_exact(t.max(1)).enumerate().filter(|(_, w)| w.iter().any(|w| *w != 0.0)) {
            this.step(j, w);
        }
        this
    }
}

impl Quadratic for Covariance<'_> {
    fn columns(&self) -> usize {
        self.columns
    }
    fn targets(&self) -> usize {
        self.q.len() / self.columns.max(1)
    }
    #[inline]
    fn curvature(&self, j: usize) -> f64 {
        self.curvature[j]
    }
    #[inline]
    fn slope(&self, j: usize, out: &mut [f64]) {
        out.iter_mut().enumerate().for_each(|(k, out)| *out = self.q[k * self.columns + j]);
    }
    #[inline]
    fn step(&mut self, j: usize, delta: &[f64]) {
        let row = &self.gram[j * self.columns..][..self.columns];
        for (q, delta) in self.q.chunks_exact_mut(self.columns).zip(delta) {
            kernels::axpy(-delta, row, q);
        }
    }
    /// ‖R‖² = ‖Ỹ‖² − ⟨W, C + Q⟩ and ⟨R, Ỹ⟩ = ‖Ỹ‖² − ⟨W, C⟩
    fn fit(&self, w: &[f64]) -> Fit {
        let (m, targets) = (self.columns, self.targets());
        let with = |v: &[f64]| -> f64 {
            w.chunks_exact(targets)
                .enumerate()
                .map(|(j, w)| w.iter().enumerate().map(|(k, w)| w * v[k * m + j]).sum::<f64>())
                .sum()
        };
        let inner = self.squares - with(&self.cross);
        Fit { targets, residual: (inner - with(&self.q)).max(0.0), inner }
    }
    fn state(&mut self) -> &mut Vec<f64> {
        &mut self.q
    }
}

/// The columns themselves, with rows scaled by √ω.
pub(super) enum Columns {
    /// X̃, centred, column after column.
    Dense(Vec<f64>),
    /// √ω X, a row of this matrix for each column, and x̄: the centring stays implicit.
    Sparse(Csr<f64>, Vec<f64>),
}

/// By columns: the state is R and, for sparse columns, an offset that stands for the means: R̃ᵢ = Rᵢ + √ωᵢ o, for each
/// target in turn.
pub(super) struct Residual<'a> {
    columns: &'a Columns,
    curvature: &'a [f64],
    /// √ω Ỹ, t × n
    y: Vec<f64>,
    /// √ω
    root: &'a [f64],
    weight: f64,
    state: Vec<f64>,
}

impl<'a> Residual<'a> {
    /// At W = `w`; `y` is √ω Ỹ, n × t, and `root` is √ω.
    pub(super) fn new(
        columns: &'a Columns,
        curvature: &'a [f64],
        y: ArrayView2<'_, f64>,
        root: &'a [f64],
        w: &[f64],
    ) -> Self {
        let targets = y.ncols();
        let y: Vec<f64> = y.t().iter().copied().collect();
        let state = y.chunks_exact(root.len()).flat_map(|y| y.iter().copied().chain([0.0])).collect();
        let mut this = Self { columns, curvature, y, root, weight: squares(root), state };
        for (j, w) in w.chunks_exact(targets.max(1)).enumerate().filter(|(_, w)| w.iter().any(|w| *w != 0.0))
        {
            this.step(j, w);
        }
        this
    }

    fn rows(&self) -> usize {
        self.root.len()
    }
}

impl Quadratic for Residual<'_> {
    fn columns(&self) -> usize {
        self.curvature.len()
    }
    fn targets(&self) -> usize {
        self.state.len() / (self.rows() + 1)
    }
    fn curvature(&self, j: usize) -> f64 {
        self.curvature[j]
    }
    fn slope(&self, j: usize, out: &mut [f64]) {
        let n = self.rows();
        for (state, out) in self.state.chunks_exact(n + 1).zip(out) {
            *out = match self.columns {
                Columns::Dense(x) => kernels::dot(&x[j * n..][..n], &state[..n]),
                Columns::Sparse(x, mean) => {
                    let column = x.view().row(j);
                    // The means drop out of X̃ⱼᵀR̃, for √ω R̃ sums to 0.
                    column.iter().map(|(i, x)| x * state[i]).sum::<f64>() + state[n] * self.weight * mean[j]
                }
            };
        }
    }
    fn step(&mut self, j: usize, delta: &[f64]) {
        let n = self.rows();
        for (state, delta) in self.state.chunks_exact_mut(n + 1).zip(delta) {
            match self.columns {
                Columns::Dense(x) => kernels::axpy(-delta, &x[j * n..][..n], &mut state[..n]),
                Columns::Sparse(x, mean) => {
                    x.view().row(j).iter().for_each(|(i, x)| state[i] -= delta * x);
                    state[n] += delta * mean[j];
                }
            }
        }
    }
    fn fit(&self, _: &[f64]) -> Fit {
        let n = self.rows();
        let mut fit = Fit { targets: self.targets(), residual: 0.0, inner: 0.0 };
        for (state, y) in self.state.chunks_exact(n + 1).zip(self.y.chunks_exact(n)) {
            for ((r, root), y) in state.iter().zip(self.root).zip(y) {
                let r = r + root * state[n];
                fit.residual += r * r;
                fit.inner += r * y;
            }
        }
        fit
    }
    fn state(&mut self) -> &mut Vec<f64> {
        &mut self.state
    }
}
