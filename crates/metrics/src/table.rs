//! Tables as text.

use std::fmt;

/// Cells of text; each column is as wide as its widest cell and aligned to the right.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(head: impl IntoIterator<Item = String>) -> Self {
        Self { head: head.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row. No cells make an empty line; cells that are missing at its end stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let columns = lines().map(Vec::len).max().unwrap_or(0);
        let cell_width = |line: &Vec<String>, j: usize| line.get(j).map_or(0, |cell| cell.chars().count());
        let widths: Vec<usize> =
            (0..columns).map(|j| lines().map(|line| cell_width(line, j)).max().unwrap_or(0)).collect();
        for line in lines() {
            for (j, (cell, width)) in line.iter().zip(&widths).enumerate() {
                write!(f, "{:gap$}{cell:>width$}", "", gap = if j == 0 { 0 } else { 2 })?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
