//! Pivots of a Cholesky factorisation: the row with the largest variance given those before, again and again.

use crate::covariance::{Program, Table};
use estimand_kernels as kernels;
use estimand_par as par;

/// Where the largest variance left is this share of the first one, the rows chosen say everything.
const LEAST: f64 = 1e-10;

/// Numbers of at most `count` rows.
pub(super) fn choose(program: &Program, x: &Table, count: usize) -> Vec<usize> {
    let (n, width) = (x.len(), x.width());
    let mut left = program.diagonal(x, false);
    let (mut chosen, mut factor): (Vec<usize>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    let (mut a, mut b) = (vec![0.0; width], vec![0.0; width]);
    // Of equals the row that is the first in the order of its values, so that the order of rows does not matter.
    let mut before = |i: usize, j: usize| {
        x.row(i, &mut a);
        x.row(j, &mut b);
        a.iter().zip(&b).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne()).is_some_and(|o| o.is_lt())
    };
    let mut first = 0.0;
    while chosen.len() < count.min(n) {
        let mut best = 0;
        for i in 1..n {
            if left[i] > left[best] || (left[i] == left[best] && before(i, best)) {
                best = i;
            }
        }
        if chosen.is_empty() {
            first = left[best];
        } else if left[best] <= LEAST * first {
            break;
        }
        let root = left[best].max(f64::MIN_POSITIVE).sqrt();
        let parts: Vec<f64> = factor.iter().map(|column| column[best]).collect();
        let mut row = vec![0.0; width];
        x.row(best, &mut row);
        let mut column = kernels::zeros(n);
        let chunk = par::chunk_len(n, program.cost() + chosen.len() / 4);
        par::for_each_chunk_mut(&mut column, chunk, |from, out| {
            program.fill(&x.with(&row, from..from + out.len()), &mut program.workspace(), out);
            for (column, part) in factor.iter().zip(&parts) {
                kernels::axpy(-part, &column[from..from + out.len()], out);
            }
            out.iter_mut().for_each(|v| *v /= root);
        });
        left.iter_mut().zip(&column).for_each(|(left, v)| *left -= v * v);
        left[best] = f64::NEG_INFINITY;
        chosen.push(best);
        factor.push(column);
    }
    chosen
}
