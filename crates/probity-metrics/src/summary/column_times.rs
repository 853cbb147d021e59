//! Columns of dates and times. They are strings in SageMaker's files, as in Spark.

use arrow::array::{Array, AsArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit as ArrowTimeUnit};

use super::UpdateSummary;
use super::column::ColumnSummary;
use super::column_update::{CHUNK, for_each_chunk, unsupported};
use super::hash::hash_time;
use super::kept::{Kept, Tick, TimeUnit, time_text};

const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// The days or ticks of a column, and what they count.
#[derive(Debug)]
pub(crate) struct TimeColumn {
    ticks: Int64Array,
    unit: ColumnUnit,
}

#[derive(Clone, Copy, Debug)]
enum ColumnUnit {
    Plain(TimeUnit),
    /// Arrow's `Date64`: a date, though some writers keep a time of day in it.
    DateInMilliseconds,
}

impl ColumnUnit {
    fn of(data_type: &DataType) -> Option<Self> {
        let unit = match data_type {
            DataType::Date64 => return Some(Self::DateInMilliseconds),
            DataType::Date32 => TimeUnit::Date,
            DataType::Time32(unit) | DataType::Time64(unit) => TimeUnit::OfDay(tick(*unit)),
            DataType::Timestamp(unit, zone) => TimeUnit::Instant {
                tick: tick(*unit),
                is_utc: zone.is_some(),
            },
            _ => return None,
        };
        Some(Self::Plain(unit))
    }

    #[inline]
    fn read(self, ticks: i64) -> (i64, TimeUnit) {
        match self {
            Self::Plain(unit) => (ticks, unit),
            Self::DateInMilliseconds if ticks % MILLISECONDS_PER_DAY == 0 => {
                (ticks / MILLISECONDS_PER_DAY, TimeUnit::Date)
            }
            Self::DateInMilliseconds => {
                let unit = TimeUnit::Instant {
                    tick: Tick::Millisecond,
                    is_utc: false,
                };
                (ticks, unit)
            }
        }
    }
}

fn tick(unit: ArrowTimeUnit) -> Tick {
    match unit {
        ArrowTimeUnit::Second => Tick::Second,
        ArrowTimeUnit::Millisecond => Tick::Millisecond,
        ArrowTimeUnit::Microsecond => Tick::Microsecond,
        ArrowTimeUnit::Nanosecond => Tick::Nanosecond,
    }
}

impl TimeColumn {
    /// `None` for a column of anything else.
    pub(crate) fn of(column: &dyn Array) -> Result<Option<Self>, UpdateSummary> {
        let Some(unit) = ColumnUnit::of(column.data_type()) else {
            return Ok(None);
        };
        let ticks = cast(column, &DataType::Int64).map_err(|_| unsupported(column.data_type()))?;
        Ok(Some(Self {
            ticks: ticks.as_primitive::<Int64Type>().clone(),
            unit,
        }))
    }

    pub(crate) fn add_to(&self, summary: &mut ColumnSummary) {
        let unit = self.unit;
        let mut hashes = [0; CHUNK];
        for_each_chunk(summary, &self.ticks, |summary, chunk| {
            if chunk.is_empty() {
                return;
            }
            for (hash, &ticks) in hashes.iter_mut().zip(chunk) {
                let (ticks, unit) = unit.read(ticks);
                *hash = hash_time(ticks, unit);
            }
            summary.types.string += chunk.len() as u64;
            summary.end_numbers();
            summary.values.add_all(&hashes[..chunk.len()], |at| {
                let (ticks, unit) = unit.read(chunk[at]);
                Kept::Time { ticks, unit }
            });
        });
    }

    pub(crate) fn texts(&self) -> StringArray {
        let text = |ticks: i64| {
            let (ticks, unit) = self.unit.read(ticks);
            time_text(ticks, unit)
        };
        self.ticks.iter().map(|ticks| ticks.map(text)).collect()
    }
}
