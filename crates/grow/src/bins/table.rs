//! The bins of all rows, twice.
//!
//! ```text
//! block     up to 8 columns of similar bin counts: their bins are the bytes of one u64        a task of histogram building
//! group     up to 4 blocks: the words of a row stand side by side                             a row is half a cache line
//! columns   n bytes for each column: parting a node's rows by one column reads nothing else
//! ```
//!
//! A histogram has `stride` cells for each column of a block: 16, 64 or 256, so that no byte can point beyond them.

use super::bundle::{self, Member};
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
    /// Which columns, in the order of the bytes; from the number of columns on, [bundles](Binned::bundle).
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
    bundles: Vec<Vec<usize>>,
    /// Of columns in bundles.
    members: Vec<Option<Member>>,
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
        let bundles = match x.values() {
            MatrixView::Sparse(x) if rules.bundle => bundle::bundles(x.transpose().view(), &columns),
            _ => Vec::new(),
        };
        let mut members = vec![None; columns.len()];
        // Bins of each column that is alone, then of bundles.
        let mut needed: Vec<Option<usize>> = columns.iter().map(|c| Some(c.count() + 1)).collect();
        for bundle in &bundles {
            let (own, bytes) = bundle::members(bundle, &columns);
            bundle.iter().zip(own).for_each(|(j, own)| (members[*j], needed[*j]) = (Some(own), None));
            needed.push(Some(bytes));
        }
        let (blocks, groups) = arrange(&needed);
        let mut table = Self {
            n: x.nrows(),
            missing: vec![false; columns.len()],
            slots: vec![0; columns.len()],
            columns,
            bundles,
            members,
            blocks,
            groups: Vec::new(),
            by_column: Vec::new(),
        };
        for blocks in groups {
            let group = table.encode(x, blocks)?;
            table.groups.push(group);
        }
        for block in &table.blocks {
            for (k, j) in block.columns.iter().enumerate() {
                let lane = block.slot + k;
                match table.bundles.get(j.wrapping_sub(table.columns.len())) {
                    Some(bundle) => bundle.iter().for_each(|j| table.slots[*j] = lane),
                    None => table.slots[*j] = lane,
                }
            }
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

    /// The columns of a bundle, with their places in its byte; `None` for the number of a column.
    pub fn bundle(&self, number: usize) -> Option<impl Iterator<Item = (usize, Member)> + '_> {
        let bundle = self.bundles.get(number.checked_sub(self.columns.len())?)?;
        Some(bundle.iter().filter_map(|j| Some((*j, self.members[*j]?))))
    }

    /// What is said of bins of a column, said of the bytes of [`bins_of`](Self::bins_of).
    pub fn by_byte(&self, column: usize, by_bin: &[u8; 256]) -> [u8; 256] {
        match self.members[column] {
            Some(member) => std::array::from_fn(|byte| by_bin[member.bin(byte)]),
            None => *by_bin,
        }
    }

    /// The bytes of all rows in one column: its bins, unless it is in a bundle.
    pub fn bins_of(&self, column: usize) -> &[u8] {
        &self.by_column[self.slots[column] * self.n..][..self.n]
    }

    fn encode<F: Float>(&mut self, x: Records<'_, F>, blocks: Range<usize>) -> Result<Group> {
        let width = blocks.len();
        let of_lane = |j: &usize| match self.bundles.get(j.wrapping_sub(self.columns.len())) {
            Some(bundle) => bundle.iter().map(|j| Coder::new(*j, self)).collect(),
            None => vec![Coder::new(*j, self)],
        };
        let lanes: Vec<Vec<Vec<Coder>>> =
            self.blocks[blocks.clone()].iter().map(|b| b.columns.iter().map(of_lane).collect()).collect();
        let mut group = Group::new(blocks.clone(), self.n);
        let words = &mut group.memory[group.start..][..self.n * width];
        let chunk = par::chunk_len(self.n, 20 * BLOCK * width);
        let seen = par::map_rows_mut(words, width, chunk, |first, words| {
            let rows = first..first + words.len() / width;
            match x.values() {
                MatrixView::Dense(x) => encode_dense(x.slice(s![rows, ..]), &lanes, words),
                MatrixView::Sparse(x) => {
                    let mut seen = Seen::default();
                    let zeros: Vec<u64> = lanes.iter().map(|lanes| word_of_zeros(lanes)).collect();
                    let mut places = vec![None; x.ncols()];
                    for (k, lanes) in lanes.iter().enumerate() {
                        for (b, lane) in lanes.iter().enumerate() {
                            lane.iter().for_each(|coder| places[coder.column] = Some((k, b, coder)));
                        }
                    }
                    for (row, words) in x.rows(rows).outer_iter().zip(words.chunks_exact_mut(width)) {
                        words.copy_from_slice(&zeros);
                        for (j, value) in row.iter() {
                            if let Some((k, b, coder)) = places[j] {
                                let byte = coder.byte(value.f64());
                                words[k] = words[k] & !(255 << (8 * b)) | u64::from(byte) << (8 * b);
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
        let missing: Vec<(usize, bool)> = (0..width)
            .flat_map(|k| lanes[k].iter().enumerate().map(move |(b, lane)| (lane[0].column, BLOCK * k + b)))
            .map(|(column, lane)| (column, seen.missing >> lane & 1 == 1))
            .collect();
        missing.into_iter().for_each(|(column, missing)| self.missing[column] = missing);
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

/// Columns, of which one needs so many cells, into blocks, and blocks into groups, each as even as can be.
fn arrange(needed: &[Option<usize>]) -> (Vec<Block>, Vec<Range<usize>>) {
    let (mut blocks, mut groups, mut at, mut slot) = (Vec::new(), Vec::new(), 0, 0);
    let stride_of = |needed: usize| STRIDES.into_iter().find(|s| *s >= needed).unwrap_or(256);
    for stride in STRIDES {
        let members: Vec<usize> =
            (0..needed.len()).filter(|j| needed[*j].map(stride_of) == Some(stride)).collect();
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
    member: Option<Member>,
}

enum Kind {
    /// Cuts, then infinities; and the first step of the search among them.
    Numbers(Box<[f64; 256]>, usize),
    /// The bin of each category.
    Categories(Vec<u8>),
}

impl Coder {
    fn new(column: usize, table: &Binned) -> Self {
        let bins = &table.columns[column];
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
        Self { column, kind, missing: bins.count() as u8, member: table.members[column] }
    }

    /// The byte of a value.
    fn byte(&self, value: f64) -> u8 {
        let bin = self.bin(value);
        self.member.map_or(bin, |member| member.byte(bin.into()))
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

fn word_of_zeros(lanes: &[Vec<Coder>]) -> u64 {
    let zeros = lanes.iter().map(|lane| lane[0].byte(0.0)).enumerate();
    zeros.fold(0, |word, (b, zero)| word | u64::from(zero) << (8 * b))
}

/// Columns of dense rows are never bundled.
fn encode_dense<F: Float>(x: ArrayView2<'_, F>, lanes: &[Vec<Vec<Coder>>], words: &mut [u64]) -> Seen {
    const ROWS: usize = 256;
    let (width, mut seen) = (lanes.len(), Seen::default());
    for (part, words) in words.chunks_mut(ROWS * width).enumerate() {
        let first = part * ROWS;
        let rows = first..first + words.len() / width;
        for (k, lanes) in lanes.iter().enumerate() {
            let mut tile = [0_u64; ROWS];
            for (b, coder) in lanes.iter().flatten().enumerate() {
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
