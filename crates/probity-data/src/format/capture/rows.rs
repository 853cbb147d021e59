//! Turns one captured event into rows of a table.

use super::event::{Encoding, Event, Payload};
use super::fault::EventFault;
use super::{Labels, Widths, by_expression};
use crate::dataset::capture_side::CaptureSide;
use crate::dataset::options::{ColumnsPosition, Inputs, ReadOptions};
use crate::dataset::record_columns::RecordColumns;
use crate::format::csv::{Dialect, FieldIndex, ReadRecords, RecordFaultKind};
use crate::format::expression::Tree;
use crate::format::json::{ColumnWriter, JsonScanner, RowFault, RowReader, Source, WriterMark};
use crate::format::text_table::{TableMark, TextTable, TooManyColumns};

const GROUND_TRUTH: &str = CaptureSide::GROUND_TRUTH;

/// One side's payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'e> {
    pub(super) side: CaptureSide,
    pub(super) name: &'static str,
    pub(super) payload: &'e Payload<'e>,
}

/// The state of a reader between two events.
pub(crate) struct EventMark {
    table: TableMark,
    csv_width: Option<usize>,
    by_expression: Option<WriterMark>,
}

pub(crate) struct EventReader<'t> {
    table: &'t mut TextTable,
    options: &'t ReadOptions,
    labels: Labels,
    /// Columns of the first event with CSV payloads.
    csv_width: Option<usize>,
    /// Names of columns by position, made when they are first needed.
    names: Vec<String>,
    /// Where expressions make the columns of JSON.
    by_expression: Option<ColumnWriter<'t>>,
}

impl<'t> EventReader<'t> {
    pub(crate) fn new(table: &'t mut TextTable, options: &'t ReadOptions, labels: Labels) -> Self {
        let columns = options.record_columns.as_ref();
        EventReader {
            table,
            options,
            labels,
            csv_width: None,
            names: Vec::new(),
            by_expression: columns.map(|columns| ColumnWriter::new(columns, Source::Events, None)),
        }
    }

    pub(crate) fn expect(&mut self, widths: Widths) {
        self.csv_width = widths.csv;
        let columns = self.options.record_columns.as_ref();
        self.by_expression =
            columns.map(|columns| ColumnWriter::new(columns, Source::Events, widths.features));
    }

    pub(crate) fn widths(&self) -> Widths {
        let by_expression = self.by_expression.as_ref();
        Widths {
            csv: self.csv_width,
            features: by_expression.and_then(ColumnWriter::n_features),
        }
    }

    /// Where to come back to when the next event turns out to be unreadable.
    pub(crate) fn mark(&mut self) -> EventMark {
        EventMark {
            table: self.table.mark(),
            csv_width: self.csv_width,
            by_expression: self.by_expression.as_ref().map(ColumnWriter::mark),
        }
    }

    /// Leaves nothing of what was read since then.
    pub(crate) fn roll_back(&mut self, mark: EventMark) {
        self.table.roll_back(&mark.table);
        self.csv_width = mark.csv_width;
        if let (Some(writer), Some(mark)) = (&mut self.by_expression, mark.by_expression) {
            writer.roll_back(mark);
        }
    }

    /// Tells the table what no event had.
    pub(crate) fn finish(self) {
        let by_expression = self.by_expression.as_ref();
        self.table.unmatched = by_expression.and_then(ColumnWriter::unmatched);
    }

    pub(crate) fn read(&mut self, event: &Event<'_>) -> Result<(), EventFault> {
        let sides = self.sides(event)?;
        let encoding = sides[0].payload.encoding();
        if encoding == Encoding::Json
            && let Some(columns) = &self.options.record_columns
        {
            return self.read_by_expression(event, sides, columns);
        }
        let records = match encoding {
            Encoding::Csv => Records::Csv(self.csv_records(&sides)?),
            Encoding::Json => Records::Json(json_records(&sides)?),
            Encoding::Base64 => {
                return Err(EventFault::Base64 {
                    side: sides[0].name,
                });
            }
            Encoding::Unknown => {
                return Err(EventFault::UnknownEncoding(
                    "its encoding is neither CSV nor JSON nor BASE64",
                ));
            }
        };
        let labels = self.labels_of(event)?;
        if let Some(labels) = &labels
            && labels.len() != records.len()
        {
            return Err(EventFault::LabelCounts {
                labels: labels.len(),
                records: records.len(),
            });
        }
        for row in 0..records.len() {
            match &records {
                Records::Csv(sides) => self.put_csv_row(sides, row)?,
                Records::Json(sides) => self.put_json_row(sides, row)?,
            }
            if let Some(labels) = &labels {
                self.put_label(labels, row)?;
            }
            self.table.end_row();
        }
        Ok(())
    }

    fn read_by_expression<'e>(
        &mut self,
        event: &'e Event<'e>,
        mut sides: Vec<Side<'e>>,
        columns: &RecordColumns,
    ) -> Result<(), EventFault> {
        sides.extend(self.ground_truth(event)?);
        let mut tree = Tree::default();
        let records = by_expression::records(columns, &sides, &mut tree)?;
        let Some(writer) = &mut self.by_expression else {
            return Ok(());
        };
        records
            .iter()
            .try_for_each(|record| writer.row(self.table, &tree, record))
            .map_err(EventFault::Column)
    }

    /// The sides in the order of their columns.
    fn sides<'e>(&self, event: &'e Event<'e>) -> Result<Vec<Side<'e>>, EventFault> {
        let Some(data) = &event.capture_data else {
            return Err(EventFault::Event("it has no `captureData`"));
        };
        let side = |side, name, payload: &'e Option<Payload<'e>>| {
            payload.as_ref().map(|payload| Side {
                side,
                name,
                payload,
            })
        };
        let output = |name, payload| side(CaptureSide::Output, name, payload);
        let input = match self.options.inputs {
            Inputs::Read => side(CaptureSide::Input, "endpointInput", &data.endpoint_input),
            Inputs::PassedOver => None,
        };
        let output = output("endpointOutput", &data.endpoint_output)
            .or_else(|| output("batchTransformOutput", &data.batch_transform_output));
        if let (Some(input), Some(output)) = (input, output) {
            check_encodings(input.payload.encoding(), output.payload.encoding())?;
        }
        let ordered = match self.options.columns_position {
            ColumnsPosition::Start => [output, input],
            ColumnsPosition::End => [input, output],
        };
        let sides: Vec<Side<'e>> = ordered.into_iter().flatten().collect();
        if sides.is_empty() {
            return Err(EventFault::Event("neither input nor output was captured"));
        }
        Ok(sides)
    }

    fn csv_records<'e>(&mut self, sides: &[Side<'e>]) -> Result<Vec<CsvRecords<'e>>, EventFault> {
        let records: Vec<CsvRecords<'e>> =
            sides.iter().map(CsvRecords::of).collect::<Result<_, _>>()?;
        check_counts(sides, records.iter().map(CsvRecords::rows))?;
        for row in 0..records[0].rows() {
            let found = records.iter().map(|side| side.width(row)).sum();
            let expected = *self.csv_width.get_or_insert(found);
            if expected != found {
                return Err(EventFault::Width { expected, found });
            }
        }
        Ok(records)
    }

    fn put_csv_row(&mut self, sides: &[CsvRecords<'_>], row: usize) -> Result<(), EventFault> {
        let mut position = 0;
        for side in sides {
            self.table.begin_side(side.side);
            for field in side.fields(row) {
                if position == self.names.len() {
                    self.names.push(self.options.positional_name(position));
                }
                put(self.table, &self.names[position], (position, field))?;
                position += 1;
            }
        }
        Ok(())
    }

    fn put_json_row(
        &mut self,
        sides: &[(Side<'_>, Vec<&str>)],
        row: usize,
    ) -> Result<(), EventFault> {
        for (side, records) in sides {
            self.table.begin_side(side.side);
            let mut reader = RowReader::new(self.table, self.options.nested);
            let mut scanner = JsonScanner::new(records[row]);
            let fault = |fault| EventFault::JsonPayload {
                side: side.name,
                fault,
            };
            reader.object(&mut scanner).map_err(fault)?;
        }
        Ok(())
    }

    fn ground_truth<'e>(&self, event: &'e Event<'e>) -> Result<Option<Side<'e>>, EventFault> {
        if self.labels == Labels::Absent {
            return Ok(None);
        }
        let Some(payload) = &event.ground_truth_data else {
            return Err(EventFault::NoGroundTruth);
        };
        Ok(Some(Side {
            side: CaptureSide::GroundTruth,
            name: "groundTruthData",
            payload,
        }))
    }

    fn labels_of<'e>(&self, event: &'e Event<'e>) -> Result<Option<LabelRecords<'e>>, EventFault> {
        let Some(side) = self.ground_truth(event)? else {
            return Ok(None);
        };
        match side.payload.encoding() {
            Encoding::Csv => CsvRecords::of(&side).map(|records| Some(LabelRecords::Csv(records))),
            Encoding::Json => json_values(&side).map(|values| Some(LabelRecords::Json(values))),
            Encoding::Base64 => Err(EventFault::Base64 { side: side.name }),
            Encoding::Unknown => Err(EventFault::UnknownEncoding(
                "the encoding of its ground truth is neither CSV nor JSON",
            )),
        }
    }

    fn put_label(&mut self, labels: &LabelRecords<'_>, row: usize) -> Result<(), EventFault> {
        self.table.begin_side(CaptureSide::GroundTruth);
        match labels {
            LabelRecords::Csv(records) if records.width(row) == 1 => records
                .fields(row)
                .try_for_each(|field| put(self.table, GROUND_TRUTH, (usize::MAX, field))),
            LabelRecords::Csv(records) => {
                records
                    .fields(row)
                    .enumerate()
                    .try_for_each(|(position, field)| {
                        put(
                            self.table,
                            &format!("{GROUND_TRUTH}_{position}"),
                            (usize::MAX, field),
                        )
                    })
            }
            LabelRecords::Json(values) => RowReader::new(self.table, self.options.nested)
                .value_at(&mut JsonScanner::new(values[row]), GROUND_TRUTH)
                .map_err(|fault| EventFault::JsonPayload {
                    side: "groundTruthData",
                    fault,
                }),
        }
    }
}

/// An empty field is missing, as in CSV files.
fn put(table: &mut TextTable, name: &str, (guess, text): (usize, &str)) -> Result<(), EventFault> {
    let column = table
        .column(name, guess)
        .map_err(|TooManyColumns| EventFault::TooManyColumns)?;
    if text.is_empty() {
        table.put_missing(column)
    } else {
        table.put(column, text)
    }
    Ok(())
}

fn check_encodings(input: Encoding, output: Encoding) -> Result<(), EventFault> {
    if input == output {
        return Ok(());
    }
    Err(EventFault::EncodingMismatch {
        input: input.name(),
        output: output.name(),
    })
}

fn check_counts(
    sides: &[Side<'_>],
    mut counts: impl Iterator<Item = usize>,
) -> Result<(), EventFault> {
    let (Some(first), Some(second)) = (counts.next(), counts.next()) else {
        return Ok(());
    };
    if first == second {
        return Ok(());
    }
    let (inputs, outputs) = if sides[0].name == "endpointInput" {
        (first, second)
    } else {
        (second, first)
    };
    Err(EventFault::RecordCounts { inputs, outputs })
}

enum Records<'e> {
    Csv(Vec<CsvRecords<'e>>),
    Json(Vec<(Side<'e>, Vec<&'e str>)>),
}

impl Records<'_> {
    fn len(&self) -> usize {
        match self {
            Records::Csv(sides) => sides[0].rows(),
            Records::Json(sides) => sides[0].1.len(),
        }
    }
}

enum LabelRecords<'e> {
    Csv(CsvRecords<'e>),
    Json(Vec<&'e str>),
}

impl LabelRecords<'_> {
    fn len(&self) -> usize {
        match self {
            LabelRecords::Csv(records) => records.rows(),
            LabelRecords::Json(values) => values.len(),
        }
    }
}

/// The records of a CSV payload.
pub(super) struct CsvRecords<'e> {
    side: CaptureSide,
    text: &'e str,
    index: FieldIndex,
    /// Where the fields of each record end in the index.
    ends: Vec<usize>,
}

impl<'e> CsvRecords<'e> {
    pub(super) fn of(side: &Side<'e>) -> Result<Self, EventFault> {
        let text: &'e str = &side.payload.data;
        let read = ReadRecords::one(Dialect::comma(text.as_bytes()));
        let mut records = CsvRecords {
            side: side.side,
            text,
            index: FieldIndex::default(),
            ends: Vec::new(),
        };
        let mut from = 0;
        while from < text.len() {
            // Each call reads one record more; the index counts them all.
            let read = ReadRecords {
                max_rows: records.index.rows() + 1,
                ..read
            };
            from = records
                .index
                .read(text.as_bytes(), from, &read)
                .map_err(|fault| match fault.kind {
                    RecordFaultKind::UnclosedQuote => EventFault::CsvPayload {
                        side: side.name,
                        problem: "a quote is never closed",
                    },
                    RecordFaultKind::Ragged { .. } | RecordFaultKind::TooLong => {
                        EventFault::CsvPayload {
                            side: side.name,
                            problem: "a record cannot be read",
                        }
                    }
                })?;
            if records.index.rows() > records.ends.len() {
                records.ends.push(records.index.spans().len());
            }
        }
        Ok(records)
    }

    pub(super) fn rows(&self) -> usize {
        self.ends.len()
    }

    fn first(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn width(&self, row: usize) -> usize {
        self.ends[row] - self.first(row)
    }

    pub(super) fn fields(&self, row: usize) -> impl Iterator<Item = &str> {
        let spans = &self.index.spans()[self.first(row)..self.ends[row]];
        // Cut at ASCII bytes, valid text stays valid.
        spans.iter().map(|span| {
            std::str::from_utf8(self.index.field(self.text.as_bytes(), *span)).unwrap_or_default()
        })
    }
}

fn json_records<'e>(sides: &[Side<'e>]) -> Result<Vec<(Side<'e>, Vec<&'e str>)>, EventFault> {
    let records: Vec<(Side<'e>, Vec<&'e str>)> = sides
        .iter()
        .map(|side| json_values(side).map(|values| (*side, values)))
        .collect::<Result<_, _>>()?;
    check_counts(sides, records.iter().map(|(_, values)| values.len()))?;
    Ok(records)
}

/// The values of a JSON payload, which follow one another in JSON Lines, or are
/// the elements of an array.
fn json_values<'e>(side: &Side<'e>) -> Result<Vec<&'e str>, EventFault> {
    let text: &'e str = &side.payload.data;
    let mut scanner = JsonScanner::new(text);
    let fault = |fault| EventFault::JsonPayload {
        side: side.name,
        fault: RowFault::Json(fault),
    };
    let mut values = Vec::new();
    if scanner.peek() == Some(b'[') {
        scanner.value().map_err(fault)?;
        let mut first = crate::format::json::First::Yes;
        while scanner.next_element(first).map_err(fault)? {
            first = crate::format::json::First::No;
            values.push(scanner.skip_value().map_err(fault)?);
        }
        scanner.at_end("text follows the array").map_err(fault)?;
        return Ok(values);
    }
    while scanner.peek().is_some() {
        values.push(scanner.skip_value().map_err(fault)?);
    }
    Ok(values)
}

/// The values of a JSON payload, of which an array is one.
pub(super) fn json_values_as_written<'e>(side: &Side<'e>) -> Result<Vec<&'e str>, EventFault> {
    let text: &'e str = &side.payload.data;
    let mut scanner = JsonScanner::new(text);
    let mut values = Vec::new();
    while scanner.peek().is_some() {
        let value = scanner.skip_value();
        values.push(value.map_err(|fault| EventFault::JsonPayload {
            side: side.name,
            fault: RowFault::Json(fault),
        })?);
    }
    Ok(values)
}
