//! Several datasets as one: the rows of the main one, in their order and partitions, each with the columns of
//! the rows that have the same id in the others. Rows without a partner are left out and counted, as in the
//! inner join of Clarify's `joinsource_name_or_index`.
//!
//! The others are held in memory, columns as Arrow arrays and ids once; the main dataset streams as ever.

mod id;
mod joined_rows;
mod table;
mod tallies;

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};

use super::Dataset;
use super::column_choice::{ColumnChoice, UnknownColumn};
use super::error::ReadDataset;
use super::partition::ORIGINAL_NAME;
pub(super) use joined_rows::JoinedRows;
use table::Table;
use tallies::Tallies;

/// Metadata of a field of a joined dataset: which of the others it is of, from 1.
const TABLE: &str = "probity.table";

/// A dataset to join, and the column that has its ids.
#[derive(Debug)]
pub struct JoinSide {
    pub dataset: Dataset,
    pub id: ColumnChoice,
}

#[derive(Debug, thiserror::Error)]
pub enum JoinDatasets {
    #[error(transparent)]
    Read(#[from] ReadDataset),
    #[error(
        "the id `{id}` stands twice in data that are to be joined: in record {} of `{}` and record {} of `{}`; each id may stand there once",
        first.1, first.0, second.1, second.0
    )]
    RepeatedId {
        id: String,
        /// File and record, from 1.
        first: (String, u64),
        second: (String, u64),
    },
    #[error("`{uri}` has more records than can be held for joining")]
    TooManyRecords { uri: String },
}

/// What all partitions of a joined dataset share.
#[derive(Debug)]
pub(crate) struct Join {
    /// The column with the ids of the main dataset.
    id: ColumnChoice,
    tables: Vec<Table>,
    tallies: Tallies,
}

/// Reads `others` and joins them to `main` by their ids.
pub async fn join(main: JoinSide, others: Vec<JoinSide>) -> Result<Dataset, JoinDatasets> {
    let mut tables = Vec::with_capacity(others.len());
    let mut dataset = main.dataset;
    if dataset.joined.is_some() {
        let problem =
            "data that were joined already cannot be joined again; name all datasets at once";
        return Err(ReadDataset::Options { problem }.into());
    }
    for side in others {
        tables.push(Table::read(&side.dataset, &side.id).await?);
        dataset.notes_of_others.extend(side.dataset.notes());
    }
    let rows = tables.iter().map(Table::rows).collect();
    dataset.joined = Some(Arc::new(Join {
        id: main.id,
        tallies: Tallies::new(rows),
        tables,
    }));
    Ok(dataset)
}

/// The position of `choice` among the columns of one of the datasets of a joined one: 0 the main one, 1 the first of
/// the others. Positions of a choice count in that dataset without its id column.
pub fn resolve_in_table(
    choice: &ColumnChoice,
    schema: &Schema,
    table: usize,
) -> Result<usize, UnknownColumn> {
    let positions: Vec<usize> = (0..schema.fields().len())
        .filter(|position| table_of(schema.field(*position)) == table)
        .collect();
    let names = positions.iter().map(|position| {
        let field = schema.field(*position);
        let original = field.metadata().get(ORIGINAL_NAME);
        let name = original.filter(|_| table > 0).unwrap_or(field.name());
        field.clone().with_name(name)
    });
    let own = Schema::new(names.collect::<Vec<Field>>());
    let found = choice.resolve(&own)?;
    Ok(positions[found])
}

fn table_of(field: &Field) -> usize {
    let table = field.metadata().get(TABLE);
    table.and_then(|table| table.parse().ok()).unwrap_or(0)
}

impl Join {
    /// The columns of the main dataset, then of the others. A name that is there already gets `.1`, `.2`, ….
    pub(super) fn schema(&self, main: &Schema) -> SchemaRef {
        let mut fields: Vec<FieldRef> = main.fields().iter().cloned().collect();
        for (table, number) in self.tables.iter().zip(1_usize..) {
            for field in table.schema().fields() {
                let name = free_name(field.name(), &fields);
                let mut metadata = field.metadata().clone();
                metadata.insert(TABLE.to_owned(), number.to_string());
                if name != *field.name() {
                    metadata
                        .entry(ORIGINAL_NAME.to_owned())
                        .or_insert_with(|| field.name().clone());
                }
                let field = field
                    .as_ref()
                    .clone()
                    .with_name(name)
                    .with_metadata(metadata);
                fields.push(Arc::new(field.with_nullable(true)));
            }
        }
        Arc::new(Schema::new(fields))
    }

    /// A name that the main dataset and one of the others have.
    pub(super) fn shared_name(&self, main: &Schema) -> Option<&str> {
        let others = self.tables.iter().flat_map(|table| table.schema().fields());
        others
            .map(|field| field.name().as_str())
            .find(|name| main.index_of(name).is_ok())
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.tallies.notes(&self.tables)
    }
}

fn free_name(wanted: &str, fields: &[FieldRef]) -> String {
    let taken = |name: &str| fields.iter().any(|field| field.name() == name);
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (1_usize..)
        .map(|number| format!("{wanted}.{number}"))
        .find(|name| !taken(name))
        .unwrap_or_else(|| wanted.to_owned())
}
