//! The batches of a partition of the main dataset, joined.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;

use super::Join;
use super::id;
use super::tallies::PartitionTally;
use crate::dataset::error::ReadDataset;

/// Where a column of the answer comes from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Position in the batch of the main dataset.
    Main(usize),
    /// Table, and position in it.
    Other(usize, usize),
}

/// Joins the batches of one partition, one after the other.
#[derive(Debug)]
pub(in crate::dataset) struct JoinedRows {
    join: Arc<Join>,
    /// Columns of the main dataset that are read.
    main_columns: Vec<usize>,
    /// Where the ids are in the batch.
    id: usize,
    origins: Vec<Origin>,
    schema: SchemaRef,
    tally: PartitionTally,
    ordinal: usize,
}

impl JoinedRows {
    /// `columns` are positions in the joined schema of a partition whose own one is `main`.
    pub(in crate::dataset) fn new(
        join: &Arc<Join>,
        (ordinal, uri): (usize, &str),
        main: &Schema,
        columns: &[usize],
    ) -> Result<JoinedRows, ReadDataset> {
        let id = join
            .id
            .resolve(main)
            .map_err(|source| ReadDataset::IdColumn {
                uri: uri.to_owned(),
                source,
            })?;
        let width = main.fields().len();
        let mut main_columns: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|column| *column < width)
            .chain([id])
            .collect();
        main_columns.sort_unstable();
        main_columns.dedup();
        let in_batch = |column: usize| main_columns.partition_point(|other| *other < column);
        let failed = |source| ReadDataset::Columns {
            uri: uri.to_owned(),
            source,
        };
        let schema = join.schema(main).project(columns).map_err(failed)?;
        let all: Vec<Origin> = (0..width)
            .map(|column| Origin::Main(in_batch(column)))
            .chain(join.origins())
            .collect();
        let origins = columns.iter().map(|column| all[*column]).collect();
        Ok(JoinedRows {
            id: in_batch(id),
            main_columns,
            origins,
            schema: Arc::new(schema),
            tally: PartitionTally {
                rows: 0,
                without_partner: vec![0; join.tables.len()],
            },
            ordinal,
            join: Arc::clone(join),
        })
    }

    pub(in crate::dataset) fn main_columns(&self) -> &[usize] {
        &self.main_columns
    }

    pub(in crate::dataset) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(in crate::dataset) fn join(
        &mut self,
        batch: &RecordBatch,
    ) -> Result<RecordBatch, ArrowError> {
        let ids = id::texts(batch.column(self.id))?;
        let mut kept = Vec::with_capacity(batch.num_rows());
        let mut partners: Vec<Vec<u32>> = vec![Vec::new(); self.join.tables.len()];
        let mut of_row = Vec::with_capacity(partners.len());
        for (row, position) in (0..batch.num_rows()).zip(0_u32..) {
            let id = id::at(&ids, row);
            of_row.clear();
            of_row.extend(self.join.tables.iter().map(|table| table.row_of(id?)));
            for (without, partner) in self.tally.without_partner.iter_mut().zip(&of_row) {
                *without += u64::from(partner.is_none());
            }
            if of_row.iter().all(Option::is_some) {
                kept.push(position);
                for (rows, partner) in partners.iter_mut().zip(of_row.iter().flatten()) {
                    rows.push(*partner);
                }
            }
        }
        self.tally.rows += batch.num_rows() as u64;
        self.join.tallies.add_matched(&partners);
        self.batch(batch, kept, &partners)
    }

    fn batch(
        &self,
        batch: &RecordBatch,
        kept: Vec<u32>,
        partners: &[Vec<u32>],
    ) -> Result<RecordBatch, ArrowError> {
        let rows = kept.len();
        let all = rows == batch.num_rows();
        let kept = UInt32Array::from(kept);
        let columns: Vec<ArrayRef> = self
            .origins
            .iter()
            .map(|origin| match *origin {
                Origin::Main(column) if all => Ok(Arc::clone(batch.column(column))),
                Origin::Main(column) => take(batch.column(column), &kept, None),
                Origin::Other(table, column) => {
                    self.join.tables[table].take(column, &partners[table])
                }
            })
            .collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }

    /// The partition was read to its end.
    pub(in crate::dataset) fn finish(&self) {
        let tally = self.tally.clone();
        self.join.tallies.end_partition(self.ordinal, tally);
    }
}

impl Join {
    /// Where the columns after those of the main dataset come from.
    fn origins(&self) -> impl Iterator<Item = Origin> {
        self.tables.iter().enumerate().flat_map(|(number, table)| {
            (0..table.schema().fields().len()).map(move |column| Origin::Other(number, column))
        })
    }
}
