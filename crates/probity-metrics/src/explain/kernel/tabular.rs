//! Masked rows of a table: a present player's columns have the explained row's values, an
//! absent one's those of the baseline's rows, one input for each of them.
//!
//! Values are moved whole whatever their type: text, categories and missing values as they are.
//! Moving is most of the work beside the model, so that it is done in runs: for each coalition
//! and column either the baseline's column or the row's value as often as the baseline has rows,
//! one copy of contiguous memory. With a few rows of baseline runs are too short for that, and
//! values are picked by position.

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, MutableArrayData, PrimitiveArray, RecordBatch,
    UInt32Array, downcast_primitive_array, make_array,
};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::Arc;

use super::batches::MaskedChunk;
use super::coalition::Coalition;
use super::players::Players;

/// Rows of baseline from which on runs are copied.
const LEAST_RUN: usize = 12;

/// The baseline, and which columns are whose.
#[derive(Clone, Debug)]
pub struct TabularMasker {
    baseline: RecordBatch,
    players: Players,
    /// The baseline's, but any column may have missing values: the row or the baseline has.
    schema: SchemaRef,
}

/// Why rows cannot be masked.
#[derive(Debug, thiserror::Error)]
pub enum MaskRows {
    #[error("the baseline has no row")]
    EmptyBaseline,
    #[error("the baseline has {found} columns, the players {expected}")]
    BaselineColumns { expected: usize, found: usize },
    #[error("the baseline has {expected} columns, the rows to explain {found}")]
    RowColumns { expected: usize, found: usize },
    #[error("column `{column}` is {found} in the rows to explain, but {expected} in the baseline")]
    ColumnType {
        column: String,
        expected: DataType,
        found: DataType,
    },
    #[error("row {row_idx} is not among the {n_rows} rows to explain")]
    UnknownRow { row_idx: usize, n_rows: usize },
    #[error("coalition {coalition} is not among the {n_coalitions} that are asked")]
    UnknownCoalition {
        coalition: usize,
        n_coalitions: usize,
    },
    #[error("a coalition of {found} players was asked of {expected}")]
    WrongCoalition { expected: usize, found: usize },
    #[error("{n_inputs} inputs at once are too many: ask for fewer rows or coalitions")]
    TooMany { n_inputs: u128 },
    #[error("could not put values of the rows and of the baseline into one column `{column}`")]
    Combine { column: String, source: ArrowError },
}

/// What one batch is made of.
struct Plan<'a> {
    rows: std::ops::Range<usize>,
    coalitions: &'a [Coalition],
    n_baseline: usize,
}

impl TabularMasker {
    /// `baseline` has the columns of the rows to explain, in their order and of their types.
    pub fn new(baseline: RecordBatch, players: Players) -> Result<TabularMasker, MaskRows> {
        if baseline.num_rows() == 0 {
            return Err(MaskRows::EmptyBaseline);
        }
        if baseline.num_columns() != players.n_columns() {
            return Err(MaskRows::BaselineColumns {
                expected: players.n_columns(),
                found: baseline.num_columns(),
            });
        }
        let nullable = |field: &Arc<Field>| field.as_ref().clone().with_nullable(true);
        let fields: Vec<Field> = baseline.schema().fields().iter().map(nullable).collect();
        Ok(TabularMasker {
            baseline,
            players,
            schema: Arc::new(Schema::new(fields)),
        })
    }

    pub fn baseline(&self) -> &RecordBatch {
        &self.baseline
    }

    pub fn players(&self) -> &Players {
        &self.players
    }

    /// Inputs that are made of one coalition: the rows of the baseline.
    pub fn inputs_per_coalition(&self) -> usize {
        self.baseline.num_rows()
    }

    /// The inputs of one row: those of the first coalition, in the order of the baseline, then
    /// those of the second, and so on.
    pub fn masked(
        &self,
        rows: &RecordBatch,
        row_idx: usize,
        coalitions: &[Coalition],
    ) -> Result<RecordBatch, MaskRows> {
        self.masked_chunk(
            rows,
            coalitions,
            &MaskedChunk {
                rows: row_idx..row_idx + 1,
                coalitions: 0..coalitions.len(),
            },
        )
    }

    /// The inputs of a chunk: those of its first row, then those of the second, and so on.
    /// `coalitions` are all that are asked of a row.
    pub fn masked_chunk(
        &self,
        rows: &RecordBatch,
        coalitions: &[Coalition],
        chunk: &MaskedChunk,
    ) -> Result<RecordBatch, MaskRows> {
        let asked = coalitions.get(chunk.coalitions.clone());
        let plan = Plan {
            rows: chunk.rows.clone(),
            coalitions: asked.ok_or(MaskRows::UnknownCoalition {
                coalition: chunk.coalitions.end.saturating_sub(1),
                n_coalitions: coalitions.len(),
            })?,
            n_baseline: self.baseline.num_rows(),
        };
        self.check(rows, &plan)?;
        let picks: Vec<Option<UInt32Array>> = if plan.n_baseline < LEAST_RUN {
            (0..self.players.n_players())
                .map(|player| Some(plan.positions(Some(player))))
                .collect()
        } else {
            vec![None; self.players.n_players()]
        };
        let columns: Result<Vec<ArrayRef>, MaskRows> = (0..self.baseline.num_columns())
            .map(|column| self.column(rows.column(column), column, (&plan, &picks)))
            .collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns?)
            .expect("columns have the types of the schema and one length"))
    }

    fn column(
        &self,
        values: &ArrayRef,
        column: usize,
        (plan, picks): (&Plan<'_>, &[Option<UInt32Array>]),
    ) -> Result<ArrayRef, MaskRows> {
        let combine = |source| MaskRows::Combine {
            column: self.schema.field(column).name().clone(),
            source,
        };
        let owner = self.players.owner(column);
        let baseline = self.baseline.column(column);
        let pick = match owner {
            Some(player) => picks[player].clone(),
            None => (plan.n_baseline < LEAST_RUN).then(|| plan.positions(None)),
        };
        if let Some(positions) = pick {
            let explained = values.slice(plan.rows.start, plan.rows.len());
            let source = concat(&[baseline.as_ref(), explained.as_ref()]).map_err(combine)?;
            return take(&source, &positions, None).map_err(combine);
        }
        let numbers = downcast_primitive_array!(
            baseline => plan.numbers(baseline, (values.as_ref(), owner)),
            _ => None
        );
        if let Some(numbers) = numbers {
            return Ok(numbers);
        }
        let repeated: UInt32Array = (plan.rows.clone())
            .flat_map(|row| std::iter::repeat_n(position(row), plan.n_baseline))
            .collect();
        let explained = take(values, &repeated, None).map_err(combine)?;
        let source = concat(&[baseline.as_ref(), explained.as_ref()]).map_err(combine)?;
        plan.runs(&source, owner).map_err(combine)
    }

    fn check(&self, rows: &RecordBatch, plan: &Plan<'_>) -> Result<(), MaskRows> {
        if rows.num_columns() != self.baseline.num_columns() {
            return Err(MaskRows::RowColumns {
                expected: self.baseline.num_columns(),
                found: rows.num_columns(),
            });
        }
        for (column, field) in rows.columns().iter().zip(self.schema.fields()) {
            if column.data_type() != field.data_type() {
                return Err(MaskRows::ColumnType {
                    column: field.name().clone(),
                    expected: field.data_type().clone(),
                    found: column.data_type().clone(),
                });
            }
        }
        if plan.rows.start > plan.rows.end || plan.rows.end > rows.num_rows() {
            return Err(MaskRows::UnknownRow {
                row_idx: plan.rows.end.saturating_sub(1),
                n_rows: rows.num_rows(),
            });
        }
        let expected = self.players.n_players();
        let wrong = |coalition: &&Coalition| coalition.n_players() != expected;
        if let Some(coalition) = plan.coalitions.iter().find(wrong) {
            return Err(MaskRows::WrongCoalition {
                expected,
                found: coalition.n_players(),
            });
        }
        let n_inputs =
            (plan.rows.len() + 1) as u128 * plan.coalitions.len() as u128 * plan.n_baseline as u128;
        // Positions in a column are of 32 bits.
        if n_inputs.max(rows.num_rows() as u128) > u128::from(u32::MAX) {
            return Err(MaskRows::TooMany { n_inputs });
        }
        Ok(())
    }
}

impl Plan<'_> {
    /// Positions in the baseline followed by the explained rows. Without an owner a column keeps
    /// the row's value.
    fn positions(&self, owner: Option<usize>) -> UInt32Array {
        let n_inputs = self.rows.len() * self.coalitions.len() * self.n_baseline;
        let mut positions = Vec::with_capacity(n_inputs);
        for row in 0..self.rows.len() {
            let explained = position(self.n_baseline + row);
            for coalition in self.coalitions {
                if owner.is_none_or(|player| coalition.contains(player)) {
                    positions.extend(std::iter::repeat_n(explained, self.n_baseline));
                } else {
                    positions.extend(0..position(self.n_baseline));
                }
            }
        }
        UInt32Array::from(positions)
    }

    /// Copies from the baseline followed by each explained row as often as the baseline has rows.
    fn runs(&self, source: &ArrayRef, owner: Option<usize>) -> Result<ArrayRef, ArrowError> {
        let data = source.to_data();
        let n_inputs = self.rows.len() * self.coalitions.len() * self.n_baseline;
        let mut copied = MutableArrayData::new(vec![&data], false, n_inputs);
        for row in 0..self.rows.len() {
            let explained = self.n_baseline * (1 + row);
            for coalition in self.coalitions {
                let is_present = owner.is_none_or(|player| coalition.contains(player));
                let start = if is_present { explained } else { 0 };
                copied.try_extend(0, start, start + self.n_baseline)?;
            }
        }
        Ok(make_array(copied.freeze()))
    }

    /// Numbers, of which none is missing, take a quarter of the time.
    fn numbers<T: ArrowPrimitiveType>(
        &self,
        baseline: &PrimitiveArray<T>,
        (values, owner): (&dyn Array, Option<usize>),
    ) -> Option<ArrayRef> {
        let explained: &PrimitiveArray<T> = values.as_primitive_opt()?;
        let is_missing = |row: usize| explained.is_null(row);
        if baseline.null_count() > 0 || self.rows.clone().any(is_missing) {
            return None;
        }
        let n_inputs = self.rows.len() * self.coalitions.len() * self.n_baseline;
        let mut numbers: Vec<T::Native> = Vec::with_capacity(n_inputs);
        for explained in &explained.values()[self.rows.clone()] {
            for coalition in self.coalitions {
                if owner.is_none_or(|player| coalition.contains(player)) {
                    numbers.resize(numbers.len() + self.n_baseline, *explained);
                } else {
                    numbers.extend_from_slice(baseline.values());
                }
            }
        }
        let data_type = baseline.data_type().clone();
        let numbers = PrimitiveArray::<T>::new(numbers.into(), None);
        Some(Arc::new(numbers.with_data_type(data_type)))
    }
}

fn position(row: usize) -> u32 {
    u32::try_from(row).expect("numbers of rows are checked before")
}
