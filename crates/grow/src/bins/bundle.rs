//! Sparse columns that share a byte.
//!
//! Columns of which no row has more than one entry, as those of a category written as indicators, are told apart by one
//! byte \[Ke17\]: 0 where none has an entry, and for each of them its bins but that of zero.
//!
//! ```text
//! byte      0                first … first + bins − 2        first of the next column …
//! bin       that of zero     the others, ascending           that of zero
//! ```
//!
//! Nothing is lost: a histogram of the column is that of the byte, with the rest of the rows in the bin of zero.

use super::ColumnBins;
use estimand_core::{CsrView, Float};

/// A column that shares its byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Its first byte.
    first: usize,
    /// The bin of zero.
    zero: usize,
    /// Number of bins.
    count: usize,
}

impl Member {
    /// The byte of a bin.
    pub fn byte(&self, bin: usize) -> u8 {
        match bin {
            _ if bin == self.zero => 0,
            _ => (self.first + bin - usize::from(bin > self.zero)) as u8,
        }
    }

    /// The bin of a byte.
    pub fn bin(&self, byte: usize) -> usize {
        match byte.checked_sub(self.first) {
            Some(k) if k < self.count - 1 => k + usize::from(k >= self.zero),
            _ => self.zero,
        }
    }

    /// Number of bins.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Bundles that a further column may still join: those begun last.
const OPEN: usize = 64;

/// Bytes.
const BYTES: usize = 256;

struct Bundle {
    columns: Vec<usize>,
    bytes: usize,
    /// A bit for each row that has an entry.
    rows: Vec<u64>,
}

/// Which columns share a byte, in bundles of two or more; `x` has a row for each column. Columns join the first bundle that
/// they fit in, those of many entries first. Categories and columns with missing values stay alone.
pub(super) fn bundles<F: Float>(x: CsrView<'_, F>, columns: &[ColumnBins]) -> Vec<Vec<usize>> {
    let n = x.ncols();
    let fits = |j: &usize| {
        matches!(columns[*j], ColumnBins::Numbers(_))
            && columns[*j].count() < BYTES
            && x.row(*j).iter().all(|(_, value)| !value.is_nan())
    };
    let entries = |j: usize| x.row(j).iter().count();
    let mut order: Vec<usize> = (0..columns.len()).filter(fits).filter(|j| 2 * entries(*j) <= n).collect();
    order.sort_by_key(|j| std::cmp::Reverse(entries(*j)));
    let (mut open, mut closed): (Vec<Bundle>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    for j in order {
        let more = columns[j].count() - 1;
        let free = |b: &Bundle| {
            b.bytes + more <= BYTES && x.row(j).iter().all(|(i, _)| b.rows[i / 64] >> (i % 64) & 1 == 0)
        };
        let place = open.iter().position(free).unwrap_or_else(|| {
            if open.len() == OPEN {
                closed.push(open.remove(0).columns);
            }
            open.push(Bundle { columns: Vec::new(), bytes: 1, rows: vec![0; n.div_ceil(64)] });
            open.len() - 1
        });
        let bundle = &mut open[place];
        bundle.columns.push(j);
        bundle.bytes += more;
        x.row(j).iter().for_each(|(i, _)| bundle.rows[i / 64] |= 1 << (i % 64));
    }
    closed.extend(open.into_iter().map(|b| b.columns));
    closed.retain(|columns| columns.len() > 1);
    closed
}

/// The members of a bundle, in its order, and the number of bytes that it needs.
pub(super) fn members(bundle: &[usize], columns: &[ColumnBins]) -> (Vec<Member>, usize) {
    let mut first = 1;
    let members = bundle.iter().map(|j| {
        let member = Member { first, zero: columns[*j].bin(0.0), count: columns[*j].count() };
        first += member.count - 1;
        member
    });
    (members.collect(), first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_bins_are_inverse() {
        let columns = [ColumnBins::Numbers(vec![-0.5, 0.5, 1.5]), ColumnBins::Numbers(vec![0.5])];
        let (members, bytes) = members(&[0, 1], &columns);
        assert_eq!(bytes, 5);
        for (member, others) in [(members[0], [0, 4]), (members[1], [0, 2])] {
            assert!((0..member.count()).all(|bin| member.bin(member.byte(bin).into()) == bin));
            assert!(others.iter().all(|byte| member.bin(*byte) == member.zero));
        }
        assert_eq!([0, 1, 2, 3].map(|bin| members[0].byte(bin)), [1, 0, 2, 3]);
    }
}
