//! A column summary as bytes, and several columns as one file (`summaries.bin`).
//!
//! The bytes are canonical: the same summary has the same bytes, values in the order of their
//! hashes. Anything that a summary cannot hold is refused when read back.

use super::ReadState;
use super::Summary;
use super::column::{ColumnSummary, Numbers};
use super::distinct::HyperLogLog;
use super::frequent::{Entry, FrequentTable, Restored};
use super::kept::{Kept, Tick, TimeUnit};
use super::kll::KllSketch;
use super::lengths::Lengths;
use super::moments::Moments;
use super::parts::{read_counts, write_counts};
use super::state::{StateReader, StateWriter};
use super::values::{RecordedDistinct, Values};

const VERSION: u32 = 1;
const FILE_NAME: &str = "columns";

const TEXT: u8 = 0;
const CUT_TEXT: u8 = 1;
const INTEGER: u8 = 2;
const UNSIGNED: u8 = 3;
const DOUBLE: u8 = 4;
const SINGLE: u8 = 5;
const DATE: u8 = 6;
/// Three bits from here on are a [`Tick`].
const OF_DAY: u8 = 0x10;
const INSTANT: u8 = 0x20;
const UTC_INSTANT: u8 = 0x30;

/// Columns with their names, in order.
pub fn encode_columns(columns: &[(String, ColumnSummary)]) -> Vec<u8> {
    let mut writer = StateWriter::with_header(FILE_NAME, VERSION);
    writer.u64(columns.len() as u64);
    for (name, summary) in columns {
        writer.text(name);
        let state = summary.to_bytes();
        writer.u64(state.len() as u64);
        writer.raw(&state);
    }
    writer.finish(FILE_NAME)
}

pub fn decode_columns(bytes: &[u8]) -> Result<Vec<(String, ColumnSummary)>, ReadState> {
    let (mut reader, _) = StateReader::open(bytes, FILE_NAME, VERSION)?;
    let n_columns = reader.u64()?;
    let mut columns = Vec::new();
    for _ in 0..n_columns {
        let name = reader.text()?.to_owned();
        let length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
        columns.push((name, ColumnSummary::from_bytes(reader.raw(length)?)?));
    }
    reader.close()?;
    Ok(columns)
}

/// Of a summary without waiting numbers.
pub(crate) fn to_bytes(summary: &ColumnSummary) -> Vec<u8> {
    let mut writer = StateWriter::with_header(ColumnSummary::NAME, VERSION);
    writer.u8(u8::from(summary.is_redacted));
    write_counts(&mut writer, &summary.types);
    writer.u64(summary.n_nan);
    writer.u64(summary.n_infinite);
    summary.lengths.write(&mut writer);
    writer.u8(u8::from(summary.numbers.is_some()));
    if let Some(numbers) = &summary.numbers {
        numbers.moments.write(&mut writer);
        numbers.sketch.write(&mut writer);
    }
    write_values(&mut writer, &summary.values);
    writer.finish(ColumnSummary::NAME)
}

pub(crate) fn from_bytes(bytes: &[u8]) -> Result<ColumnSummary, ReadState> {
    let (mut reader, _) = StateReader::open(bytes, ColumnSummary::NAME, VERSION)?;
    let is_redacted = reader.flag()?;
    let types = read_counts(&mut reader)?;
    let (n_nan, n_infinite) = (reader.count()?, reader.count()?);
    let lengths = Lengths::read(&mut reader)?;
    let numbers = if reader.flag()? {
        Some(Box::new(read_numbers(&mut reader)?))
    } else {
        None
    };
    let values = read_values(&mut reader)?;
    reader.close()?;
    if numbers.is_some() && (types.string > 0 || types.boolean > 0) {
        return Err(ReadState::Damaged {
            what: "it has numbers and other values",
        });
    }
    Ok(ColumnSummary {
        is_redacted,
        types,
        n_nan,
        n_infinite,
        numbers,
        values,
        lengths,
        dictionary: None,
    })
}

fn read_numbers(reader: &mut StateReader<'_>) -> Result<Numbers, ReadState> {
    let moments = Moments::read(reader)?;
    let sketch = KllSketch::read(reader)?;
    Ok(Numbers {
        moments,
        sketch,
        waiting: Vec::new(),
    })
}

pub(crate) fn write_values(writer: &mut StateWriter, values: &Values) {
    let table = &values.table;
    writer.u64(table.undercount());
    let mut entries: Vec<&Entry> = table.entries().iter().collect();
    entries.sort_unstable_by_key(|entry| entry.hash);
    writer.u32(u32::try_from(entries.len()).unwrap_or(u32::MAX));
    for entry in entries {
        writer.u64(entry.hash);
        writer.u64(entry.count);
        write_kept(writer, table, entry);
    }
    writer.u8(u8::from(values.registers.is_some()));
    if let Some(registers) = &values.registers {
        registers.write(writer);
    }
    writer.u8(u8::from(values.recorded.is_some()));
    if let Some(recorded) = values.recorded {
        writer.f64(recorded.estimate);
        writer.u8(u8::from(recorded.is_complete));
    }
}

fn write_kept(writer: &mut StateWriter, table: &FrequentTable, entry: &Entry) {
    match entry.kept {
        Kept::Row(_) | Kept::Text { is_cut: false, .. } => {
            writer.u8(TEXT);
            writer.short_text(&table.text(entry));
        }
        Kept::Text { is_cut: true, .. } => {
            writer.u8(CUT_TEXT);
            writer.short_text(&table.text(entry));
        }
        Kept::Integer(value) => {
            writer.u8(INTEGER);
            writer.u64(value.cast_unsigned());
        }
        Kept::Unsigned(value) => {
            writer.u8(UNSIGNED);
            writer.u64(value);
        }
        Kept::Double(value) => {
            writer.u8(DOUBLE);
            writer.f64(value);
        }
        Kept::Single(value) => {
            writer.u8(SINGLE);
            writer.u32(value.to_bits());
        }
        Kept::Time { ticks, unit } => {
            writer.u8(match unit {
                TimeUnit::Date => DATE,
                TimeUnit::OfDay(tick) => OF_DAY | tick_code(tick),
                TimeUnit::Instant {
                    tick,
                    is_utc: false,
                } => INSTANT | tick_code(tick),
                TimeUnit::Instant { tick, is_utc: true } => UTC_INSTANT | tick_code(tick),
            });
            writer.u64(ticks.cast_unsigned());
        }
    }
}

pub(crate) fn read_values(reader: &mut StateReader<'_>) -> Result<Values, ReadState> {
    let mut table = FrequentTable::default();
    table.set_undercount(reader.count()?);
    for _ in 0..reader.u32()? {
        let (hash, count) = (reader.u64()?, reader.count()?);
        let value = read_kept(reader)?;
        if !table.restore(hash, count, value) {
            return Err(ReadState::Damaged {
                what: "its table of values is impossible",
            });
        }
    }
    let registers = if reader.flag()? {
        Some(HyperLogLog::read(reader)?)
    } else {
        None
    };
    let recorded = if reader.flag()? {
        Some(read_recorded(reader)?)
    } else {
        None
    };
    Ok(Values {
        table,
        registers,
        recorded,
    })
}

fn read_recorded(reader: &mut StateReader<'_>) -> Result<RecordedDistinct, ReadState> {
    let estimate = reader.f64()?;
    if !estimate.is_finite() || estimate < 0.0 {
        return Err(ReadState::Damaged {
            what: "its recorded distinct count is no count",
        });
    }
    Ok(RecordedDistinct {
        estimate,
        is_complete: reader.flag()?,
    })
}

fn read_kept<'a>(reader: &mut StateReader<'a>) -> Result<Restored<'a>, ReadState> {
    let damaged = ReadState::Damaged {
        what: "a kept value has an unknown kind",
    };
    let kind = reader.u8()?;
    let kept = match kind {
        TEXT | CUT_TEXT => {
            let text = reader.short_text()?;
            return Ok(Restored::Text {
                text,
                is_cut: kind == CUT_TEXT,
            });
        }
        INTEGER => Kept::Integer(reader.u64()?.cast_signed()),
        UNSIGNED => Kept::Unsigned(reader.u64()?),
        DOUBLE => Kept::Double(reader.f64()?),
        SINGLE => Kept::Single(f32::from_bits(reader.u32()?)),
        _ => {
            let unit = read_time_unit(kind).ok_or(damaged)?;
            Kept::Time {
                ticks: reader.u64()?.cast_signed(),
                unit,
            }
        }
    };
    Ok(Restored::Number(kept))
}

fn read_time_unit(kind: u8) -> Option<TimeUnit> {
    if kind == DATE {
        return Some(TimeUnit::Date);
    }
    let tick = match kind & 0x0f {
        0 => Tick::Second,
        1 => Tick::Millisecond,
        2 => Tick::Microsecond,
        3 => Tick::Nanosecond,
        _ => return None,
    };
    match kind & 0xf0 {
        OF_DAY => Some(TimeUnit::OfDay(tick)),
        INSTANT => Some(TimeUnit::Instant {
            tick,
            is_utc: false,
        }),
        UTC_INSTANT => Some(TimeUnit::Instant { tick, is_utc: true }),
        _ => None,
    }
}

fn tick_code(tick: Tick) -> u8 {
    match tick {
        Tick::Second => 0,
        Tick::Millisecond => 1,
        Tick::Microsecond => 2,
        Tick::Nanosecond => 3,
    }
}
