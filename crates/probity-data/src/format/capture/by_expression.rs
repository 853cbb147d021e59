//! Rows that expressions take out of events captured in JSON: the features of the input (of batch transform
//! jobs, whose events have one side, of that), predictions of the output, labels of the ground truth.
//!
//! A payload is JSON Lines, a record each, or one document. An expression that goes through a list of the
//! document (`predictions[*].score`) gives a value per record; any other gives the value of the one record, or,
//! where the event has several, a list with one for each.

use jmespath::Rcvar;

use super::event::Encoding;
use super::fault::EventFault;
use super::rows::{CsvRecords, Side, json_values_as_written};
use crate::dataset::capture_side::CaptureSide;
use crate::dataset::record_columns::RecordColumns;
use crate::format::expression::{RecordExpression, Tree};
use crate::format::json::{Applied, ColumnFault, Found, JsonScanner, RowFault, gave, search};

/// What one side of an event holds.
struct SideValues {
    side: CaptureSide,
    values: Vec<Rcvar>,
}

/// What an expression gives for an event.
enum Given {
    PerRecord(Vec<Rcvar>),
    One(Rcvar),
}

/// The records of an event, in the order in which the sides have them. `sides` are those that were captured, and
/// the ground truth.
pub(super) fn records<'e>(
    columns: &RecordColumns,
    sides: &[Side<'e>],
    tree: &mut Tree<'e>,
) -> Result<Vec<Found>, EventFault> {
    let sides: Vec<SideValues> = sides
        .iter()
        .map(|side| side_values(side, tree))
        .collect::<Result<_, _>>()?;
    let features = match &columns.features {
        Some(expression) => Some((
            expression,
            given_by(expression, &sides, CaptureSide::Input)?,
        )),
        None => None,
    };
    let mut values = Vec::new();
    for value in &columns.values {
        let given = given_by(&value.expression, &sides, value.role.side())?;
        values.push((&value.expression, given));
    }
    let n_records = count(features.as_ref(), &values);
    let mut features = match features {
        Some(given) => Some(per_record(given, (n_records, Makes::Features))?.into_iter()),
        None => None,
    };
    let mut values = values
        .into_iter()
        .map(|given| per_record(given, (n_records, Makes::OneValue)).map(Vec::into_iter))
        .collect::<Result<Vec<_>, _>>()?;
    let next = |list: &mut std::vec::IntoIter<Rcvar>| list.next();
    Ok((0..n_records)
        .map(|_| Found {
            features: features.as_mut().and_then(next),
            values: values.iter_mut().filter_map(next).collect(),
        })
        .collect())
}

fn side_values<'e>(side: &Side<'e>, tree: &mut Tree<'e>) -> Result<SideValues, EventFault> {
    let values = match side.payload.encoding() {
        Encoding::Csv => {
            let records = CsvRecords::of(side)?;
            let values = (0..records.rows()).map(|row| {
                let fields: Vec<Rcvar> = records.fields(row).map(Tree::text).collect();
                match <[Rcvar; 1]>::try_from(fields) {
                    Ok([field]) => field,
                    Err(fields) => Tree::list(fields),
                }
            });
            values.collect()
        }
        Encoding::Json => {
            let fault = |fault| EventFault::JsonPayload {
                side: side.name,
                fault: RowFault::Json(fault),
            };
            json_values_as_written(side)?
                .into_iter()
                .map(|text| tree.add(&mut JsonScanner::new(text)).map_err(fault))
                .collect::<Result<_, _>>()?
        }
        Encoding::Base64 => return Err(EventFault::Base64 { side: side.name }),
        Encoding::Unknown => {
            return Err(EventFault::UnknownEncoding(
                "an encoding is neither CSV nor JSON nor BASE64",
            ));
        }
    };
    Ok(SideValues {
        side: side.side,
        values,
    })
}

/// Looks on the side that should have it; of an event that lacks this side, on the first that it has.
fn given_by(
    expression: &RecordExpression,
    sides: &[SideValues],
    side: CaptureSide,
) -> Result<Given, EventFault> {
    let found = sides
        .iter()
        .find(|values| values.side == side)
        .or(sides.first());
    let Some(found) = found else {
        return Err(EventFault::Event("neither input nor output was captured"));
    };
    // A ground truth may be the bare label.
    let is_bare = |value: &Rcvar| {
        let has_records =
            |elements: &Vec<Rcvar>| elements.iter().any(|element| element.is_object());
        !value.is_object() && !value.as_array().is_some_and(has_records)
    };
    if found.side == CaptureSide::GroundTruth && found.values.iter().all(is_bare) {
        return Ok(match found.values.as_slice() {
            [label] => Given::One(Rcvar::clone(label)),
            labels => Given::PerRecord(labels.to_vec()),
        });
    }
    let given = match found.values.as_slice() {
        [document] => in_document(expression, document),
        records => records
            .iter()
            .map(|record| search(expression, record, Applied::ToRecord))
            .collect::<Result<_, _>>()
            .map(Given::PerRecord),
    };
    given.map_err(EventFault::Column)
}

fn in_document(expression: &RecordExpression, document: &Rcvar) -> Result<Given, ColumnFault> {
    let Some(elements) = expression.elements() else {
        return search(expression, document, Applied::ToRecord).map(Given::One);
    };
    let found = elements.base.find_in(document);
    let Some(list) = found.as_array() else {
        let expected = "a list with an element for each record";
        return Err(gave(expression, &found, expected));
    };
    let records = list
        .iter()
        .flat_map(|element| elements.base.records_of(element));
    records
        .map(|record| search(expression, record, Applied::ToElement))
        .collect::<Result<_, _>>()
        .map(Given::PerRecord)
}

/// The number of records: of what is given per record, else of features in a list of lists, else one.
fn count(
    features: Option<&(&RecordExpression, Given)>,
    values: &[(&RecordExpression, Given)],
) -> usize {
    let given = features.into_iter().chain(values).map(|(_, given)| given);
    let counted = given.clone().find_map(|given| match given {
        Given::PerRecord(records) => Some(records.len()),
        Given::One(_) => None,
    });
    let in_lists = || match features {
        Some((_, Given::One(lists))) => lists
            .as_array()
            .filter(|lists| lists.iter().any(|list| list.is_array()))
            .map(Vec::len),
        Some((_, Given::PerRecord(_))) | None => None,
    };
    counted.or_else(in_lists).unwrap_or(1)
}

/// What a record needs of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Makes {
    /// A list.
    Features,
    OneValue,
}

fn per_record(
    (expression, given): (&RecordExpression, Given),
    (n_records, makes): (usize, Makes),
) -> Result<Vec<Rcvar>, EventFault> {
    let mismatch = |found: usize| {
        EventFault::Column(ColumnFault::Gave {
            expression: expression.as_str().to_owned(),
            found: format!("{found} values for {n_records} records"),
            expected: "one value for each record",
        })
    };
    match given {
        Given::PerRecord(records) if records.len() == n_records => Ok(records),
        Given::PerRecord(records) => Err(mismatch(records.len())),
        Given::One(value) => {
            let list = value.as_array().filter(|list| list.len() == n_records);
            match list {
                Some(list) if n_records != 1 || wraps_record(&list[0], makes) => Ok(list.clone()),
                Some(_) | None if n_records == 1 => Ok(vec![value]),
                Some(_) | None => Err(mismatch(value.as_array().map_or(1, Vec::len))),
            }
        }
    }
}

/// Whether a list with this one element is a list of records: the features of a record are a list themselves,
/// and a value is none unless it holds several.
fn wraps_record(element: &Rcvar, makes: Makes) -> bool {
    element.is_array() || makes == Makes::OneValue
}
