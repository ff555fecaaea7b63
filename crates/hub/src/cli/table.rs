//! Columns that line up.

use super::look::{Look, Tint};

/// What lies between two columns.
const GAP: &str = "  ";

/// A text and how it is coloured; aligned by the text alone.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    tint: Option<Tint>,
}

impl Cell {
    pub(super) fn tinted(tint: Tint, text: impl Into<String>) -> Self {
        Self { text: text.into(), tint: Some(tint) }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tint: None }
    }
}

/// Rows of cells.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Begins with a row of headings.
    pub(super) fn with_heading<const N: usize>(heading: [&str; N]) -> Self {
        let cells = heading.map(|text| Cell::tinted(Tint::Faint, text.to_uppercase()));
        Self { rows: vec![cells.into()] }
    }

    pub(super) fn push<const N: usize>(&mut self, row: [Cell; N]) {
        self.rows.push(row.into());
    }

    /// Lays the rows out, each with `indent` spaces before it.
    pub(super) fn lay_out(&self, indent: usize, look: &Look) -> String {
        let widths = self.widths();
        let line = |row: &Vec<Cell>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                let text = cell
                    .tint
                    .map_or_else(|| cell.text.clone(), |tint| look.paint(tint, &cell.text));
                text + &pad
            });
            let line = " ".repeat(indent) + &cells.collect::<Vec<_>>().join(GAP);
            line.trim_end().to_owned() + "\n"
        };
        self.rows.iter().map(line).collect()
    }

    /// A row's last cell has nothing to its right, so it may be as wide as it likes.
    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widest = |column: usize| {
            let cells = self.rows.iter().filter(|row| column + 1 < row.len());
            cells.filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0)
        };
        (0..columns).map(widest).collect()
    }
}
