//! The exact nearest rows of a table by Euclidean distance. At equal distance the row with the
//! lowest number comes first, as a stable sort of all distances would have it.
//!
//! Worked out without comparing all pairs: equal rows are one point, points are held in a tree
//! of boxes, and queries that are near each other follow each other. The answer depends neither
//! on the tree nor on the number of threads.

mod best;
mod distinct;
mod kernel;
mod row_major;
mod search;
mod tree;

use rayon::prelude::*;

pub use best::Neighbour;
pub use row_major::{ReadRowMajor, RowMajor, squared_distance};

use distinct::DistinctRows;
use search::Search;
use tree::Tree;

/// Distinct queries that one thread answers in a row.
const QUERIES_PER_TASK: usize = 1024;

/// A table prepared for searching.
#[derive(Debug)]
pub struct NearestRows<'a> {
    table: RowMajor<'a>,
    distinct: DistinctRows,
    tree: Tree,
}

impl<'a> NearestRows<'a> {
    pub fn of(table: RowMajor<'a>) -> NearestRows<'a> {
        let distinct = DistinctRows::of(table);
        let tree = Tree::of(table, &distinct);
        NearestRows {
            table,
            distinct,
            tree,
        }
    }

    /// What `answer` makes of the `k` nearest rows of each query, nearest first; of all rows
    /// where the table has fewer. In the order of the queries.
    pub fn for_each_query<T: Clone + Default + Send>(
        &self,
        queries: RowMajor,
        k: usize,
        answer: impl Fn(&[Neighbour]) -> T + Sync,
    ) -> Vec<T> {
        let distinct = DistinctRows::of(queries);
        let query = |point: u32| queries.row(distinct.rows(point)[0] as usize);
        let mut order: Vec<(u32, u32)> = distinct
            .points()
            .into_par_iter()
            .map(|point| (search::nearest_block(&self.tree, query(point)), point))
            .collect();
        order.par_sort_unstable();
        let answers: Vec<T> = order
            .par_chunks(QUERIES_PER_TASK)
            .flat_map_iter(|points| {
                let queries: Vec<&[f64]> = points.iter().map(|&(_, point)| query(point)).collect();
                let found = Search::new(self, queries).run(k);
                found
                    .iter()
                    .map(|best| answer(best.found()))
                    .collect::<Vec<T>>()
            })
            .collect();
        let mut in_order = vec![T::default(); queries.n_rows()];
        for (&(_, point), answer) in order.iter().zip(answers) {
            for &row in distinct.rows(point) {
                in_order[row as usize] = answer.clone();
            }
        }
        in_order
    }
}
