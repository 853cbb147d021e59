//! Distinct tuples of codes in order of first appearance, and how many rows have each.

use hashbrown::HashTable;

#[derive(Clone, Debug, Default)]
pub(crate) struct TupleTable {
    width: usize,
    /// `width` codes per tuple.
    codes: Vec<u32>,
    rows: Vec<u64>,
    table: HashTable<u32>,
}

impl TupleTable {
    pub(crate) fn of_width(width: usize) -> TupleTable {
        TupleTable {
            width,
            ..TupleTable::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn heap_size_bytes(&self) -> usize {
        self.codes.capacity() * size_of::<u32>()
            + self.rows.capacity() * size_of::<u64>()
            + self.table.allocation_size()
    }

    pub(crate) fn codes(&self, tuple: usize) -> &[u32] {
        &self.codes[tuple * self.width..][..self.width]
    }

    pub(crate) fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Adds `rows` rows with these codes and returns the place of their tuple.
    pub(crate) fn add(&mut self, codes: &[u32], rows: u64) -> u32 {
        if self.len() == 0 {
            self.width = codes.len();
        }
        let (width, known) = (self.width, &self.codes);
        let at = |tuple: &u32| &known[*tuple as usize * width..][..width];
        let hash = hash_codes(codes);
        if let Some(tuple) = self.table.find(hash, |tuple| at(tuple) == codes) {
            self.rows[*tuple as usize] += rows;
            return *tuple;
        }
        let tuple = u32::try_from(self.rows.len())
            .expect("four billion distinct tuples do not fit into memory");
        self.table
            .insert_unique(hash, tuple, |tuple| hash_codes(at(tuple)));
        self.codes.extend_from_slice(codes);
        self.rows.push(rows);
        tuple
    }

    /// Adds `n_rows` rows, given column by column, and returns their tuples.
    pub(crate) fn add_all(&mut self, columns: &[Vec<u32>], n_rows: usize) -> Vec<u32> {
        let mut tuples = Vec::with_capacity(n_rows);
        let mut row_codes = vec![0; columns.len()];
        let mut last: Option<u32> = None;
        for row in 0..n_rows {
            let mut is_as_before = last.is_some();
            for (code, column) in row_codes.iter_mut().zip(columns) {
                is_as_before &= *code == column[row];
                *code = column[row];
            }
            let tuple = match last {
                Some(tuple) if is_as_before => {
                    self.rows[tuple as usize] += 1;
                    tuple
                }
                _ => self.add(&row_codes, 1),
            };
            last = Some(tuple);
            tuples.push(tuple);
        }
        tuples
    }

    /// Gives every tuple one more code, `code`.
    pub(crate) fn widen(&mut self, code: u32) {
        let narrow = std::mem::take(self);
        self.width = narrow.width + 1;
        let mut codes = Vec::with_capacity(self.width);
        for (tuple, rows) in narrow.rows.iter().enumerate() {
            codes.clear();
            codes.extend_from_slice(narrow.codes(tuple));
            codes.push(code);
            self.add(&codes, *rows);
        }
    }
}

/// Multiply and rotate per code, as Firefox hashes; the end brings the high bits down.
#[inline]
fn hash_codes(codes: &[u32]) -> u64 {
    const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;
    let mut hash = 0u64;
    for code in codes {
        hash = hash.wrapping_add(u64::from(*code) + 1).wrapping_mul(FACTOR);
    }
    hash ^ hash.rotate_left(26)
}
