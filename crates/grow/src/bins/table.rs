//! The bins of all rows, twice.
//!
//! ```text
//! block     up to 8 columns of similar bin counts: their bins are the bytes of one u64        a task of histogram building
//! group     up to 4 blocks: the words of a row stand side by side                             a row is half a cache line
//! columns   n bytes for each column: parting a node's rows by one column reads nothing else
//! ```
//!
//! A histogram has `stride` cells for each column of a block: 16, 64 or 256, so that no byte can point beyond them.

use super::{BinRules, ColumnBins};
use estimand_core::records::MatrixView;
use estimand_core::{Error, Float, Records, Result};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{ArrayView2, s};
use std::hint;
use std::ops::Range;

/// Columns in a block, at most.
pub const BLOCK: usize = 8;

/// Blocks in a group, at most.
pub const WIDTH: usize = 4;

/// Cells that a histogram may have for each column of a block.
pub const STRIDES: [usize; 3] = [16, 64, 256];

/// Columns whose bins share a word.
#[derive(Clone, Debug)]
pub struct Block {
    /// Which columns, in the order of the bytes.
    pub columns: Vec<usize>,
    /// Cells for each.
    pub stride: usize,
    /// Its first cell in a histogram.
    pub at: usize,
    /// Its first column among those of [`Binned::bins_of`].
    slot: usize,
}

impl Block {
    /// Its cells in a histogram.
    pub fn cells(&self) -> Range<usize> {
        self.at..self.at + self.columns.len() * self.stride
    }
}

/// Blocks whose words stand side by side.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which blocks.
    pub blocks: Range<usize>,
    memory: Vec<u64>,
    /// Where a cache line begins.
    start: usize,
}

impl Group {
    fn new(blocks: Range<usize>, n: usize) -> Self {
        const LINE: usize = 64;
        let memory: Vec<u64> = kernels::zeros(n * blocks.len() + LINE / size_of::<u64>());
        let start = memory.as_ptr().align_offset(LINE).min(LINE / size_of::<u64>());
        Self { blocks, memory, start }
    }

    /// Words of a row.
    pub fn width(&self) -> usize {
        self.blocks.len()
    }

    /// `width()` words for each row.
    pub fn words(&self, n: usize) -> &[u64] {
        &self.memory[self.start..][..n * self.width()]
    }
}

/// The bins of all rows.
#[derive(Clone, Debug)]
pub struct Binned {
    n: usize,
    columns: Vec<ColumnBins>,
    missing: Vec<bool>,
    blocks: Vec<Block>,
    groups: Vec<Group>,
    slots: Vec<usize>,
    by_column: Vec<u8>,
}

impl Binned {
    /// Bins the rows of `x`. Rows without weight have bins, but no say in what the bins are.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for infinite values; those of [`BinRules::columns`]; and [`Error::Shape`] for more than 2³² rows.
    pub fn new<F: Float>(x: Records<'_, F>, weights: Option<&[f64]>, rules: &BinRules<'_>) -> Result<Self> {
        if u32::try_from(x.nrows()).is_err() {
            return Err(Error::shape("rows of x", "below 2³²", x.nrows()));
        }
        let columns = rules.columns(x, weights)?;
        let (blocks, groups) = arrange(&columns);
        let mut table = Self {
            n: x.nrows(),
            missing: vec![false; columns.len()],
            slots: vec![0; columns.len()],
            columns,
            blocks,
            groups: Vec::new(),
            by_column: Vec::new(),
        };
        for blocks in groups {
            let group = table.encode(x, blocks)?;
            table.groups.push(group);
        }
        for block in &table.blocks {
            block.columns.iter().enumerate().for_each(|(k, j)| table.slots[*j] = block.slot + k);
        }
        table.by_column = table.transposed();
        Ok(table)
    }

    /// Number of rows.
    pub fn nrows(&self) -> usize {
        self.n
    }

    /// How each column is binned.
    pub fn columns(&self) -> &[ColumnBins] {
        &self.columns
    }

    /// Whether a column has missing values.
    pub fn has_missing(&self, column: usize) -> bool {
        self.missing[column]
    }

    /// All blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// All groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Cells of a histogram over all columns.
    pub fn cells(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.cells().end)
    }

    /// Cells of a group's blocks.
    pub fn cells_of(&self, group: usize) -> Range<usize> {
        let blocks = &self.blocks[self.groups[group].blocks.clone()];
        blocks.first().map_or(0, |b| b.at)..blocks.last().map_or(0, |b| b.cells().end)
    }

    /// The bins of all rows in one column.
    pub fn bins_of(&self, column: usize) -> &[u8] {
        &self.by_column[self.slots[column] * self.n..][..self.n]
    }

    fn encode<F: Float>(&mut self, x: Records<'_, F>, blocks: Range<usize>) -> Result<Group> {
        let width = blocks.len();
        let coders: Vec<Vec<Coder>> = self.blocks[blocks.clone()]
            .iter()
            .map(|block| block.columns.iter().map(|j| Coder::new(*j, &self.columns[*j])).collect())
            .collect();
        let mut group = Group::new(blocks.clone(), self.n);
        let words = &mut group.memory[group.start..][..self.n * width];
        let chunk = par::chunk_len(self.n, 20 * BLOCK * width);
        let seen = par::map_rows_mut(words, width, chunk, |first, words| {
            let rows = first..first + words.len() / width;
            match x.values() {
                MatrixView::Dense(x) => encode_dense(x.slice(s![rows, ..]), &coders, words),
                MatrixView::Sparse(x) => {
                    let mut seen = Seen::default();
                    let zeros: Vec<u64> = coders.iter().map(|coders| word_of_zeros(coders)).collect();
                    let mut lanes = vec![None; x.ncols()];
                    for (k, coders) in coders.iter().enumerate() {
                        coders.iter().enumerate().for_each(|(b, c)| lanes[c.column] = Some((k, b)));
                    }
                    for (row, words) in x.rows(rows).outer_iter().zip(words.chunks_exact_mut(width)) {
                        words.copy_from_slice(&zeros);
                        for (j, value) in row.iter() {
                            if let Some((k, b)) = lanes[j] {
                                let bin = coders[k][b].bin(value.f64());
                                words[k] = words[k] & !(255 << (8 * b)) | u64::from(bin) << (8 * b);
                                seen.see(BLOCK * k + b, value.f64());
                            }
                        }
                    }
                    seen
                }
            }
        });
        let seen = seen.into_iter().fold(Seen::default(), Seen::join);
        if seen.infinite {
            x.check_finite_or_missing()?;
        }
        for (k, coders) in coders.iter().enumerate() {
            for (b, coder) in coders.iter().enumerate() {
                self.missing[coder.column] = seen.missing >> (BLOCK * k + b) & 1 == 1;
            }
        }
        Ok(group)
    }

    /// The bytes of all words, column by column.
    fn transposed(&self) -> Vec<u8> {
        let slots = self.blocks.iter().map(|b| b.columns.len()).sum::<usize>();
        let mut bytes = kernels::zeros(slots * self.n);
        let (mut rest, mut tasks) = (bytes.as_mut_slice(), Vec::with_capacity(self.blocks.len()));
        for group in &self.groups {
            for (k, block) in self.blocks[group.blocks.clone()].iter().enumerate() {
                let (columns, others) = rest.split_at_mut(block.columns.len() * self.n);
                rest = others;
                tasks.push((group, k, columns));
            }
        }
        par::for_each_chunk_mut(&mut tasks, 1, |_, tasks| {
            for (group, k, columns) in tasks {
                let mut columns: Vec<&mut [u8]> = columns.chunks_exact_mut(self.n.max(1)).collect();
                // As many rows at a time as stay near while each column takes its bytes.
                let rows = 4096 / group.width();
                for (part, words) in group.words(self.n).chunks(rows * group.width()).enumerate() {
                    for (b, column) in columns.iter_mut().enumerate() {
                        let out = &mut column[part * rows..];
                        for (out, row) in out.iter_mut().zip(words.chunks_exact(group.width())) {
                            *out = (row[*k] >> (8 * b)) as u8;
                        }
                    }
                }
            }
        });
        bytes
    }
}

/// Columns into blocks, and blocks into groups, each as even as can be.
fn arrange(columns: &[ColumnBins]) -> (Vec<Block>, Vec<Range<usize>>) {
    let (mut blocks, mut groups, mut at, mut slot) = (Vec::new(), Vec::new(), 0, 0);
    let stride_of = |j: usize| {
        // One more for missing values.
        let needed = columns[j].count() + 1;
        STRIDES.into_iter().find(|s| *s >= needed).unwrap_or(256)
    };
    for stride in STRIDES {
        let members: Vec<usize> = (0..columns.len()).filter(|j| stride_of(*j) == stride).collect();
        for part in even(members.len(), BLOCK) {
            let block = Block { columns: members[part].to_vec(), stride, at, slot };
            (at, slot) = (block.cells().end, slot + block.columns.len());
            blocks.push(block);
        }
    }
    groups.extend(even(blocks.len(), WIDTH));
    (blocks, groups)
}

/// 0..n in parts of at most `most`, of nearly equal length.
fn even(n: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = n.div_ceil(most);
    (0..parts).map(move |k| k * n / parts..(k + 1) * n / parts)
}

/// What was met among the columns of a group: a bit for each.
#[derive(Clone, Copy, Default)]
struct Seen {
    missing: u32,
    infinite: bool,
}

impl Seen {
    fn see(&mut self, lane: usize, value: f64) {
        self.missing |= u32::from(value.is_nan()) << lane;
        self.infinite |= value.is_infinite();
    }

    fn join(self, other: Self) -> Self {
        Self { missing: self.missing | other.missing, infinite: self.infinite | other.infinite }
    }
}

/// From a value to its bin.
struct Coder {
    column: usize,
    kind: Kind,
    missing: u8,
}

enum Kind {
    /// Cuts, then infinities; and the first step of the search among them.
    Numbers(Box<[f64; 256]>, usize),
    /// The bin of each category.
    Categories(Vec<u8>),
}

impl Coder {
    fn new(column: usize, bins: &ColumnBins) -> Self {
        let kind = match bins {
            ColumnBins::Numbers(cuts) => {
                let mut padded = Box::new([f64::INFINITY; 256]);
                padded[..cuts.len()].copy_from_slice(cuts);
                Kind::Numbers(padded, (cuts.len() + 1).next_power_of_two() / 2)
            }
            ColumnBins::Categories(codes) => {
                let missing = codes.len() as u8;
                let mut lookup = vec![missing; codes.last().map_or(0, |c| *c as usize + 1)];
                codes.iter().enumerate().for_each(|(bin, code)| lookup[*code as usize] = bin as u8);
                Kind::Categories(lookup)
            }
        };
        Self { column, kind, missing: bins.count() as u8 }
    }

    #[inline]
    fn bin(&self, value: f64) -> u8 {
        let bin = match &self.kind {
            Kind::Numbers(cuts, first) => search(cuts, *first, value),
            Kind::Categories(lookup) => {
                return lookup.get(value as usize).copied().filter(|_| value >= 0.0).unwrap_or(self.missing);
            }
        };
        if value.is_nan() { self.missing } else { bin }
    }
}

/// How many cuts lie below the value.
#[inline(always)]
fn search(cuts: &[f64; 256], first: usize, value: f64) -> u8 {
    let (mut at, mut step) = (0, first);
    while step > 0 {
        // Which side is a matter of chance: a branch would be the wrong one half the time.
        at = hint::select_unpredictable(cuts[(at + step - 1) & 255] < value, at + step, at);
        step /= 2;
    }
    at as u8
}

fn word_of_zeros(coders: &[Coder]) -> u64 {
    coders.iter().enumerate().fold(0, |word, (b, coder)| word | u64::from(coder.bin(0.0)) << (8 * b))
}

fn encode_dense<F: Float>(x: ArrayView2<'_, F>, coders: &[Vec<Coder>], words: &mut [u64]) -> Seen {
    const ROWS: usize = 256;
    let (width, mut seen) = (coders.len(), Seen::default());
    for (part, words) in words.chunks_mut(ROWS * width).enumerate() {
        let first = part * ROWS;
        let rows = first..first + words.len() / width;
        for (k, coders) in coders.iter().enumerate() {
            let mut tile = [0_u64; ROWS];
            for (b, coder) in coders.iter().enumerate() {
                let values = x.slice(s![rows.clone(), coder.column]);
                let mut here = (false, false);
                let put = |out: &mut u64, bin: u8| *out |= u64::from(bin) << (8 * b);
                match &coder.kind {
                    Kind::Numbers(cuts, first) => {
                        for (out, value) in tile.iter_mut().zip(values) {
                            let value = value.f64();
                            here = (here.0 | value.is_nan(), here.1 | value.is_infinite());
                            let bin = search(cuts, *first, value);
                            put(out, if value.is_nan() { coder.missing } else { bin });
                        }
                    }
                    Kind::Categories(_) => {
                        for (out, value) in tile.iter_mut().zip(values) {
                            let value = value.f64();
                            here = (here.0 | value.is_nan(), here.1 | value.is_infinite());
                            put(out, coder.bin(value));
                        }
                    }
                }
                seen.missing |= u32::from(here.0) << (BLOCK * k + b);
                seen.infinite |= here.1;
            }
            words.chunks_exact_mut(width).zip(tile).for_each(|(row, word)| row[k] = word);
        }
    }
    seen
}
