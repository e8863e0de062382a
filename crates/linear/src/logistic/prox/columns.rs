//! Columns of A by themselves, in `f64`: what coordinate descent runs over.
//!
//! A column of dense records, and one of sparse records that is stored in every fourth row or more, is written out
//! and centred: aᵢⱼ = xᵢⱼ − cⱼ. Of any other column the stored values are kept as they are, aᵢⱼ = xᵢⱼ, because
//! most of them are 0 and the column is nearly centred already.

use crate::logistic::design::Design;
use estimand_core::Float;
use estimand_core::records::MatrixView;
use estimand_kernels as kernels;
use ndarray::{Axis, s};
use std::ops::Range;

/// Columns that have been asked for, in the order in which they were, each in a slot of its own.
pub(super) struct Columns {
    n: usize,
    slots: Vec<Slot>,
    rows: Vec<u32>,
    values: Vec<f64>,
    /// Stored values of each column of sparse records.
    counts: Vec<u32>,
    /// The slot of each column of X.
    place: Vec<u32>,
}

struct Slot {
    values: Range<usize>,
    /// Where its row numbers begin, unless it is written out.
    rows: Option<usize>,
    /// What was subtracted from its values.
    centre: f64,
}

/// One column: all of its values, or those that are stored with their rows.
#[derive(Clone, Copy)]
pub(super) enum Column<'c> {
    Dense(&'c [f64]),
    Sparse(&'c [u32], &'c [f64]),
}

/// A column without a slot.
const NONE: u32 = u32::MAX;
/// Rows per stored value from which on a column stays sparse.
const RARE: usize = 4;
/// Rows that are copied together.
const BLOCK: usize = 64;

impl Columns {
    pub(super) fn new<F: Float>(design: &Design<'_, F>) -> Self {
        let mut counts = Vec::new();
        if let MatrixView::Sparse(x) = design.x {
            counts = vec![0; x.ncols()];
            x.indices().iter().for_each(|j| counts[*j as usize] += 1);
        }
        Self {
            n: design.nrows(),
            slots: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
            counts,
            place: vec![NONE; design.ncols()],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether column `j` of X has a slot.
    pub(super) fn contains(&self, j: usize) -> bool {
        self.place[j] != NONE
    }

    /// What was subtracted from the values of a slot.
    pub(super) fn centre(&self, slot: usize) -> f64 {
        self.slots[slot].centre
    }

    pub(super) fn get(&self, slot: usize) -> Column<'_> {
        let Slot { values, rows, .. } = &self.slots[slot];
        let values = &self.values[values.clone()];
        match rows {
            None => Column::Dense(values),
            Some(start) => Column::Sparse(&self.rows[*start..start + values.len()], values),
        }
    }

    /// Gives slots to columns of X that have none. One pass over the records.
    pub(super) fn add<F: Float>(&mut self, design: &Design<'_, F>, columns: &[usize]) {
        let first = self.slots.len();
        for j in columns {
            self.place[*j] = self.slots.len() as u32;
            let count = self.counts.get(*j).map_or(self.n, |count| *count as usize);
            let sparse = !self.counts.is_empty() && count * RARE < self.n;
            let (length, centre) = if sparse { (count, 0.0) } else { (self.n, design.centre[*j]) };
            let start = self.values.len();
            self.values.resize(start + length, -centre);
            let rows = sparse.then_some(self.rows.len());
            self.rows.resize(self.rows.len() + if sparse { count } else { 0 }, 0);
            self.slots.push(Slot { values: start..start + length, rows, centre });
        }
        match design.x {
            MatrixView::Dense(x) => {
                for at in (0..self.n).step_by(BLOCK) {
                    let x = x.slice(s![at..self.n.min(at + BLOCK), ..]);
                    for (slot, j) in self.slots[first..].iter().zip(columns) {
                        let out = &mut self.values[slot.values.start + at..];
                        x.index_axis(Axis(1), *j).iter().zip(out).for_each(|(x, out)| *out += x.f64());
                    }
                }
            }
            MatrixView::Sparse(x) => {
                let mut taken = vec![0; columns.len()];
                for (i, row) in x.outer_iter().enumerate() {
                    for (j, v) in row.iter() {
                        let place = self.place[j] as usize;
                        if place < first || place >= self.slots.len() {
                            continue;
                        }
                        let Slot { values, rows, .. } = &self.slots[place];
                        match rows {
                            None => self.values[values.start + i] += v.f64(),
                            Some(rows) => {
                                let at = &mut taken[place - first];
                                self.values[values.start + *at] = v.f64();
                                self.rows[rows + *at] = i as u32;
                                *at += 1;
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Column<'_> {
    /// aᵀv
    pub(super) fn dot(self, v: &[f64]) -> f64 {
        match self {
            Self::Dense(a) => kernels::dot(a, v),
            Self::Sparse(rows, a) => kernels::sparse_dot(rows, a, v),
        }
    }

    /// Calls `f` with each row that has a value, and the value.
    pub(super) fn for_each(self, mut f: impl FnMut(usize, f64)) {
        match self {
            Self::Dense(a) => a.iter().enumerate().for_each(|(i, a)| f(i, *a)),
            Self::Sparse(rows, a) => rows.iter().zip(a).for_each(|(i, a)| f(*i as usize, *a)),
        }
    }
}
