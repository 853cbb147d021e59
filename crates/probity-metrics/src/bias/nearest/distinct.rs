//! Rows that are equal in every column, grouped. Real tables repeat themselves, and equal rows
//! have equal neighbours: each distinct row is indexed once and searched for once.

use std::ops::Range;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::row_major::RowMajor;

/// The distinct rows of a table ("points"), numbered by first appearance.
#[derive(Debug)]
pub(super) struct DistinctRows {
    /// Where the rows of each point begin in `rows`, and where those of the last end.
    starts: Vec<u32>,
    /// Ascending within each point.
    rows: Vec<u32>,
}

impl DistinctRows {
    pub(super) fn of(table: RowMajor) -> DistinctRows {
        let mut hashed: Vec<(u64, u32)> = (0..table.n_rows())
            .into_par_iter()
            .map_init(Vec::new, |bytes, row| {
                (hash(table.row(row), bytes), narrow(row))
            })
            .collect();
        hashed.par_sort_unstable();
        let equal = |left: &(u64, u32), right: &(u64, u32)| {
            left.0 == right.0 && bits(table, left.1).eq(bits(table, right.1))
        };
        for run in hashed.chunk_by_mut(|left, right| left.0 == right.0) {
            // Different rows of one hash: equal ones are put beside each other.
            if !run.iter().all(|row| equal(row, &run[0])) {
                run.sort_unstable_by(|left, right| {
                    let by_values = bits(table, left.1).cmp(bits(table, right.1));
                    by_values.then(left.1.cmp(&right.1))
                });
            }
        }
        let mut groups: Vec<&[(u64, u32)]> = hashed.chunk_by(equal).collect();
        groups.par_sort_unstable_by_key(|group| group[0].1);
        let mut starts = Vec::with_capacity(groups.len() + 1);
        let mut rows = Vec::with_capacity(hashed.len());
        for group in groups {
            starts.push(narrow(rows.len()));
            rows.extend(group.iter().map(|&(_, row)| row));
        }
        starts.push(narrow(rows.len()));
        DistinctRows { starts, rows }
    }

    pub(super) fn points(&self) -> Range<u32> {
        0..narrow(self.starts.len() - 1)
    }

    /// The rows that are `point`, lowest first; there is one at least.
    pub(super) fn rows(&self, point: u32) -> &[u32] {
        let point = point as usize;
        &self.rows[self.starts[point] as usize..self.starts[point + 1] as usize]
    }
}

/// What a row is compared by: −0 counts as 0.
fn bits(table: RowMajor, row: u32) -> impl Iterator<Item = u64> {
    table.row(row as usize).iter().map(|&value| bits_of(value))
}

fn bits_of(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

fn hash(row: &[f64], bytes: &mut Vec<u8>) -> u64 {
    bytes.clear();
    for &value in row {
        bytes.extend_from_slice(&bits_of(value).to_le_bytes());
    }
    xxh3_64(bytes)
}

fn narrow(row: usize) -> u32 {
    u32::try_from(row).expect("`RowMajor` holds fewer than 2³² rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], n_columns: usize, expected: &[&[u32]]) {
        let distinct = DistinctRows::of(RowMajor::new(values, n_columns).unwrap());
        let found: Vec<&[u32]> = distinct
            .points()
            .map(|point| distinct.rows(point))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn no_rows_have_no_points() {
        check(&[], 3, &[]);
    }

    #[test]
    fn points_are_numbered_by_first_appearance() {
        check(
            &[7.0, 1.0, 7.0, 2.0, 7.0, 1.0, 5.0, 5.0],
            2,
            &[&[0, 2], &[1], &[3]],
        );
    }

    #[test]
    fn a_negative_zero_is_zero() {
        check(&[0.0, -0.0, 1.0], 1, &[&[0, 1], &[2]]);
    }
}
