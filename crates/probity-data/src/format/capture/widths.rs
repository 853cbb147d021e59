//! How many columns events have: what the first one says, or, where others are passed over, what most of the
//! first ones say. One event that somebody sent by mistake must not make all others ragged.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::Event;
use super::metadata::EventMetadata;
use super::rows::EventReader;
use super::sieve::Sieve;
use super::{Labels, Widths};
use crate::dataset::content::Content;
use crate::dataset::error::ReadDataset;
use crate::dataset::events::{BadRecords, EventTally};
use crate::dataset::options::ReadOptions;
use crate::format::text_table::TextTable;

/// Readable events that are asked.
const ASKED: usize = 200;

/// What the first event tells, or most of the first ones. What is wrong with it is told when it is read with the
/// others, except that it does not fit the headers.
pub(super) async fn first_widths(
    content: &mut Content,
    (options, labels): (&Arc<ReadOptions>, Labels),
    sieve: Option<&Sieve>,
) -> Result<Widths, ReadDataset> {
    let widths = match options.bad_records {
        BadRecords::Refuse => of_first(content, (options, labels), sieve).await?,
        BadRecords::Skip => of_most(content, (options, labels), sieve).await?,
    };
    with_headers(widths, (content.uri(), options))
}

async fn of_first(
    content: &mut Content,
    (options, labels): (&Arc<ReadOptions>, Labels),
    sieve: Option<&Sieve>,
) -> Result<Widths, ReadDataset> {
    let limit = usize::try_from(options.max_record_bytes).unwrap_or(usize::MAX);
    loop {
        let line = content
            .buffer()
            .split_inclusive(|byte| *byte == b'\n')
            .find(|line| !line.trim_ascii().is_empty() && is_wanted(sieve, line));
        if let Some(line) = line
            && (line.ends_with(b"\n") || content.ended())
        {
            return Ok(widths_of(line, (options, labels)).unwrap_or_default());
        }
        if content.ended() || content.buffer().len() > limit {
            return Ok(Widths::default());
        }
        content
            .fill((content.buffer().len() * 2).max(64 << 10))
            .await?;
    }
}

/// Of as many lines as the first block has.
async fn of_most(
    content: &mut Content,
    (options, labels): (&Arc<ReadOptions>, Labels),
    sieve: Option<&Sieve>,
) -> Result<Widths, ReadDataset> {
    let block_size = usize::try_from(options.block_size_bytes).unwrap_or(usize::MAX);
    content.fill(block_size.max(64 << 10)).await?;
    let whole = |line: &&[u8]| line.ends_with(b"\n") || content.ended();
    let told = content
        .buffer()
        .split_inclusive(|byte| *byte == b'\n')
        .filter(whole)
        .filter(|line| !line.trim_ascii().is_empty() && is_wanted(sieve, line))
        .filter_map(|line| widths_of(line, (options, labels)))
        .take(ASKED);
    let (mut csv, mut features) = (Votes::default(), Votes::default());
    for widths in told {
        csv.add(widths.csv);
        features.add(widths.features);
    }
    let named = options.column_names.as_ref().map(Vec::len);
    Ok(Widths {
        csv: csv.most(named),
        features: features.most(None),
    })
}

fn is_wanted(sieve: Option<&Sieve>, line: &[u8]) -> bool {
    let metadata = || EventMetadata::of(line.trim_ascii());
    sieve.is_none_or(|sieve| sieve.is_in_window(&metadata(), &mut EventTally::default()))
}

/// `None` for an event that cannot be read.
fn widths_of(line: &[u8], (options, labels): (&Arc<ReadOptions>, Labels)) -> Option<Widths> {
    let line = std::str::from_utf8(line).ok()?;
    let line = line.strip_prefix('\u{feff}').unwrap_or(line).trim_ascii();
    let mut table = TextTable::with_columns_up_to(options.max_columns);
    let mut reader = EventReader::new(&mut table, options, labels);
    reader.read(&Event::parse(line).ok()?).ok()?;
    Some(reader.widths())
}

/// How many say what.
#[derive(Debug, Default)]
struct Votes(BTreeMap<usize, usize>);

impl Votes {
    fn add(&mut self, width: Option<usize>) {
        if let Some(width) = width {
            *self.0.entry(width).or_default() += 1;
        }
    }

    /// Among equals, the expected one, else the widest.
    fn most(&self, expected: Option<usize>) -> Option<usize> {
        let votes = self.0.iter();
        let (width, _) =
            votes.max_by_key(|(width, votes)| (**votes, Some(**width) == expected, **width))?;
        Some(*width)
    }
}

fn with_headers(
    widths: Widths,
    (uri, options): (&str, &ReadOptions),
) -> Result<Widths, ReadDataset> {
    let columns = options.record_columns.as_ref();
    let (Some(columns), Some(found)) = (columns, widths.features) else {
        return Ok(widths);
    };
    match columns.features_by_headers() {
        Some(expected) if expected != found => Err(ReadDataset::HeadersDiffer {
            uri: uri.to_owned(),
            headers: expected + columns.values.len(),
            columns: found + columns.values.len(),
        }),
        _ => Ok(widths),
    }
}
