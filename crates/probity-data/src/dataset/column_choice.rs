//! A column as users name it: by its name, by the expression that made it, or by its position from 0, as in
//! `"inference_attribute": "0"` of Model Monitor and `"name_or_index": 2` of Clarify.

use datafusion::arrow::datatypes::{Field, Schema};

use super::capture_side::CaptureSide;
use super::partition::EXPRESSION;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnChoice {
    /// Digits are a position where no column has them as its name.
    Name(String),
    Index(usize),
}

/// No column is meant by a choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownColumn {
    #[error("no column named `{name}`{}", near_names(near, *others))]
    Name {
        name: String,
        /// Up to five, the likeliest first.
        near: Vec<String>,
        /// Columns beside those.
        others: usize,
    },
    #[error("no column {index}: {place}, counted from 0")]
    Index { index: usize, place: String },
}

impl From<&str> for ColumnChoice {
    fn from(name: &str) -> Self {
        ColumnChoice::Name(name.to_owned())
    }
}

impl From<usize> for ColumnChoice {
    fn from(index: usize) -> Self {
        ColumnChoice::Index(index)
    }
}

impl std::fmt::Display for ColumnChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ColumnChoice::Name(name) => formatter.write_str(name),
            ColumnChoice::Index(index) => write!(formatter, "{index}"),
        }
    }
}

impl ColumnChoice {
    /// The position in `schema` of the column that is meant.
    pub fn resolve(&self, schema: &Schema) -> Result<usize, UnknownColumn> {
        let all = (0..schema.fields().len()).collect();
        self.resolve_among(schema, (all, None))
    }

    /// As [`ColumnChoice::resolve`], of captured events with positions among the columns of `side`: the 0 of
    /// `inference_attribute` is the first column of the endpoint's output. Other data have no sides.
    pub fn resolve_on(&self, schema: &Schema, side: CaptureSide) -> Result<usize, UnknownColumn> {
        if !schema
            .fields()
            .iter()
            .any(|field| CaptureSide::of(field).is_some())
        {
            return self.resolve(schema);
        }
        if let ColumnChoice::Name(name) = self
            && side == CaptureSide::GroundTruth
            && let Ok(position) = schema.index_of(&format!("{}.{name}", CaptureSide::GROUND_TRUTH))
        {
            return Ok(position);
        }
        self.resolve_among(schema, (side.columns(schema), Some(side)))
    }

    fn resolve_among(
        &self,
        schema: &Schema,
        (positions, side): (Vec<usize>, Option<CaptureSide>),
    ) -> Result<usize, UnknownColumn> {
        let at = |index: usize| {
            positions.get(index).copied().ok_or(UnknownColumn::Index {
                index,
                place: place(positions.len(), side),
            })
        };
        match self {
            ColumnChoice::Index(index) => at(*index),
            ColumnChoice::Name(name) => match by_name(schema, name) {
                Some(position) => Ok(position),
                None => match name.trim().parse() {
                    Ok(index) => at(index),
                    Err(_) => Err(unknown_name(schema, name)),
                },
            },
        }
    }
}

fn by_name(schema: &Schema, name: &str) -> Option<usize> {
    let made_by = |field: &&std::sync::Arc<Field>| {
        field.metadata().get(EXPRESSION).map(String::as_str) == Some(name)
    };
    schema.index_of(name).ok().or_else(|| {
        let field = schema.fields().iter().find(made_by)?;
        schema.index_of(field.name()).ok()
    })
}

fn place(columns: usize, side: Option<CaptureSide>) -> String {
    let of = side.map_or("the data have", CaptureSide::has);
    match columns {
        1 => format!("{of} 1 column"),
        columns => format!("{of} {columns} columns"),
    }
}

fn unknown_name(schema: &Schema, name: &str) -> UnknownColumn {
    const SHOWN: usize = 5;
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let mut near: Vec<(usize, &str)> = names
        .iter()
        .map(|other| (distance(name, other), *other))
        .filter(|(distance, other)| {
            *distance * 2 <= name.chars().count().max(other.chars().count())
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    let mut near: Vec<String> = near
        .into_iter()
        .take(SHOWN)
        .map(|(_, name)| name.to_owned())
        .collect();
    if names.len() <= SHOWN {
        near = names.iter().map(|name| (*name).to_owned()).collect();
    }
    UnknownColumn::Name {
        name: name.to_owned(),
        others: names.len() - near.len(),
        near,
    }
}

fn near_names(near: &[String], others: usize) -> String {
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    match (quoted.is_empty(), others) {
        (true, 0) => "; there are no columns".to_owned(),
        (true, others) => format!(" among {others} columns"),
        (false, 0) => format!("; the columns are {}", quoted.join(", ")),
        (false, others) => format!(
            "; near it are {}, of {} columns",
            quoted.join(", "),
            others + near.len()
        ),
    }
}

/// Levenshtein's distance, in which a change of case counts nothing. Names beyond 64 characters are cut.
fn distance(one: &str, other: &str) -> usize {
    const LONGEST: usize = 64;
    let letters = |text: &str| -> Vec<char> {
        text.chars()
            .flat_map(char::to_lowercase)
            .take(LONGEST)
            .collect()
    };
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (position, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = position + 1;
        for (at, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != candidate);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::DataType;

    fn plain(names: &[&str]) -> Schema {
        let field = |name: &&str| Field::new(*name, DataType::Utf8, true);
        Schema::new(names.iter().map(field).collect::<Vec<_>>())
    }

    fn with(field: Field, key: &str, value: &str) -> Field {
        field.with_metadata([(key.to_owned(), value.to_owned())].into())
    }

    /// One output column, two input columns, the ground truth.
    fn captured() -> Schema {
        let field = |(name, side): (&str, CaptureSide)| {
            with(
                Field::new(name, DataType::Utf8, true),
                CaptureSide::METADATA,
                side.name(),
            )
        };
        Schema::new(
            [
                ("_c0", CaptureSide::Output),
                ("_c1", CaptureSide::Input),
                ("_c2", CaptureSide::Input),
                ("groundTruth.label", CaptureSide::GroundTruth),
            ]
            .map(field)
            .to_vec(),
        )
    }

    #[track_caller]
    fn check(choice: &str, schema: &Schema, expected: Result<usize, &str>) {
        let found = ColumnChoice::from(choice).resolve(schema);
        let found = found.map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[track_caller]
    fn check_side(choice: &str, side: CaptureSide, expected: Result<usize, &str>) {
        let found = ColumnChoice::from(choice).resolve_on(&captured(), side);
        let found = found.map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_name_wins_over_a_position() {
        check("1", &plain(&["1", "0"]), Ok(0));
        check("0", &plain(&["a", "b"]), Ok(0));
        check("b", &plain(&["a", "b"]), Ok(1));
        assert_eq!(ColumnChoice::from(1).resolve(&plain(&["1", "0"])), Ok(1));
    }

    #[test]
    fn the_expression_that_made_a_column_names_it() {
        let made = with(
            Field::new("column_1", DataType::Utf8, true),
            EXPRESSION,
            "predictions[0].score",
        );
        let schema = Schema::new(vec![Field::new("column_0", DataType::Utf8, true), made]);
        check("predictions[0].score", &schema, Ok(1));
    }

    #[test]
    fn an_unknown_name_is_told_with_near_ones() {
        check(
            "Lable",
            &plain(&["age", "label", "income", "group", "label2", "x"]),
            Err("no column named `Lable`; near it are `label`, `label2`, of 6 columns"),
        );
        check(
            "target",
            &plain(&["a", "b"]),
            Err("no column named `target`; the columns are `a`, `b`"),
        );
        check(
            "target",
            &plain(&["a", "b", "c", "d", "e", "f"]),
            Err("no column named `target` among 6 columns"),
        );
        check(
            "target",
            &plain(&[]),
            Err("no column named `target`; there are no columns"),
        );
    }

    #[test]
    fn a_position_beyond_the_end_is_told_with_the_number_of_columns() {
        check(
            "7",
            &plain(&["a", "b"]),
            Err("no column 7: the data have 2 columns, counted from 0"),
        );
    }

    #[test]
    fn positions_count_on_the_side_that_is_meant() {
        check_side("0", CaptureSide::Output, Ok(0));
        check_side("1", CaptureSide::Input, Ok(2));
        check_side("0", CaptureSide::GroundTruth, Ok(3));
        check_side(
            "1",
            CaptureSide::Output,
            Err("no column 1: the output has 1 column, counted from 0"),
        );
    }

    #[test]
    fn names_of_captures_are_found_on_any_side() {
        check_side("_c2", CaptureSide::Output, Ok(2));
        check_side("label", CaptureSide::GroundTruth, Ok(3));
        check_side("groundTruth.label", CaptureSide::GroundTruth, Ok(3));
    }

    #[test]
    fn data_that_were_not_captured_have_no_sides() {
        let found = ColumnChoice::from("1").resolve_on(&plain(&["a", "b"]), CaptureSide::Output);
        assert_eq!(found, Ok(1));
    }
}
