//! Scores with their labels: what curves, AUC and calibration by quantiles need of the rows.
//!
//! Exact up to ten million different scores per label (so at least ten million rows). Beyond,
//! rows are counted in fixed cells of relative width 2⁻¹³ on the scale of p below ½ and of
//! 1 − p above, closed below 2⁻³². The points of the curves between cells stay exact; rows
//! within one cell count as tied, so that the AUC errs by at most half the share of pairs
//! that meet in a cell, which [`ScoreGroups::auc_error`] adds up. Whether the limit is passed
//! depends on the rows alone, never on how they were cut into parts.

use super::outcome::Outcome;
use crate::summary::{ReadState, StateReader, StateWriter};

/// Different scores and labels that are kept exactly.
const EXACT_ENTRIES: usize = 10_000_000;

/// Rows that wait to be sorted into the entries.
const LEAST_WAITING: usize = 1 << 20;

/// Bits of a double's mantissa that cells drop: 52 − 13.
const DROPPED_BITS: u32 = 39;
/// Cell numbers, counted from 2⁻³² on.
const FIRST_CELL: u64 = (1023 - 32) << (52 - DROPPED_BITS);
const CELLS_PER_SIDE: u64 = ((1023 - 1) << (52 - DROPPED_BITS)) - FIRST_CELL + 1;

#[derive(Clone, Debug)]
pub(crate) struct Scores {
    exact_entries: usize,
    kept: Kept,
    /// Keys in order of arrival.
    waiting: Vec<u64>,
}

/// A score in [0, 1] and its label in one key, which sorts by score and then by label.
#[inline]
fn key(score: f64, label: Outcome) -> u64 {
    // The sign bit is 0, so the shift loses nothing. Adding zero turns −0.0 into 0.0.
    ((score + 0.0).to_bits() << 1) | u64::from(label.is_positive())
}

fn score_of(key: u64) -> f64 {
    f64::from_bits(key >> 1)
}

#[derive(Clone, Debug, PartialEq)]
enum Kept {
    /// Keys in ascending order with their rows.
    Exact(Vec<(u64, u64)>),
    /// Negative and positive rows per cell.
    Cells(Vec<[u64; 2]>),
}

impl Default for Scores {
    fn default() -> Self {
        Self::with_limit(EXACT_ENTRIES)
    }
}

impl Scores {
    fn with_limit(exact_entries: usize) -> Self {
        Self {
            exact_entries,
            kept: Kept::Exact(Vec::new()),
            waiting: Vec::new(),
        }
    }

    /// `score` is in [0, 1].
    #[inline]
    pub(crate) fn push(&mut self, score: f64, label: Outcome) {
        self.waiting.push(key(score, label));
    }

    /// To be called now and then, e.g. after a batch: bounds the memory.
    pub(crate) fn settle(&mut self) {
        let most_waiting = match &self.kept {
            Kept::Exact(entries) => entries.len().max(LEAST_WAITING),
            Kept::Cells(_) => LEAST_WAITING,
        };
        if self.waiting.len() >= most_waiting {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        if let Kept::Exact(entries) = &mut self.kept {
            waiting.sort_unstable();
            let merged = merge_entries(entries, &count_equal(&waiting));
            *entries = merged;
            if entries.len() > self.exact_entries {
                let cells = cells_of(entries);
                self.kept = Kept::Cells(cells);
            }
        } else if let Kept::Cells(cells) = &mut self.kept {
            for key in waiting {
                add_to_cell(cells, (key, 1));
            }
        }
    }

    fn compacted(&self) -> Self {
        let mut scores = self.clone();
        scores.compact();
        scores
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.waiting.extend_from_slice(&other.waiting);
        match (&mut self.kept, &other.kept) {
            (Kept::Exact(ours), Kept::Exact(theirs)) => {
                *ours = merge_entries(ours, theirs);
                if ours.len() > self.exact_entries {
                    self.kept = Kept::Cells(cells_of(ours));
                }
            }
            (Kept::Exact(ours), Kept::Cells(theirs)) => {
                let mut cells = theirs.clone();
                for &entry in ours.iter() {
                    add_to_cell(&mut cells, entry);
                }
                self.kept = Kept::Cells(cells);
            }
            (Kept::Cells(ours), Kept::Exact(theirs)) => {
                for &entry in theirs {
                    add_to_cell(ours, entry);
                }
            }
            (Kept::Cells(ours), Kept::Cells(theirs)) => {
                for (ours, theirs) in ours.iter_mut().zip(theirs) {
                    ours[0] += theirs[0];
                    ours[1] += theirs[1];
                }
            }
        }
        self.settle();
    }

    /// Highest score first.
    pub(crate) fn groups(&self) -> ScoreGroups {
        if self.waiting.is_empty() {
            return self.kept.groups();
        }
        self.compacted().kept.groups()
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        let scores = self.compacted();
        match &scores.kept {
            Kept::Exact(entries) => {
                writer.u8(0);
                writer.u64(entries.len() as u64);
                for &(key, rows) in entries {
                    writer.u64(key);
                    writer.u64(rows);
                }
            }
            Kept::Cells(cells) => {
                let filled = || {
                    cells
                        .iter()
                        .enumerate()
                        .filter(|(_, cell)| **cell != [0, 0])
                };
                writer.u8(1);
                writer.u64(filled().count() as u64);
                for (number, [negatives, positives]) in filled() {
                    writer.u64(number as u64);
                    writer.u64(*negatives);
                    writer.u64(*positives);
                }
            }
        }
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let is_in_cells = reader.flag()?;
        let entries = reader.u64()?;
        let mut scores = Self::default();
        if !is_in_cells {
            let mut exact = Vec::new();
            for _ in 0..entries {
                let key = reader.u64()?;
                let is_rising = exact.last().is_none_or(|&(last, _)| last < key);
                if !is_rising || score_of(key) > 1.0 || score_of(key).is_nan() {
                    return Err(ReadState::Damaged {
                        what: "its scores are impossible",
                    });
                }
                exact.push((key, reader.count()?));
            }
            scores.kept = Kept::Exact(exact);
            return Ok(scores);
        }
        let mut cells = empty_cells();
        for _ in 0..entries {
            let number = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
            let counts = [reader.count()?, reader.count()?];
            *cells.get_mut(number).ok_or(ReadState::Damaged {
                what: "a cell of its scores is outside 0 to 1",
            })? = counts;
        }
        scores.kept = Kept::Cells(cells);
        Ok(scores)
    }
}

impl PartialEq for Scores {
    /// Equal when the same rows were seen, in any order.
    fn eq(&self, other: &Self) -> bool {
        self.compacted().kept == other.compacted().kept
    }
}

fn count_equal(sorted: &[u64]) -> Vec<(u64, u64)> {
    let mut counted: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
    for &key in sorted {
        match counted.last_mut() {
            Some(last) if last.0 == key => last.1 += 1,
            _ => counted.push((key, 1)),
        }
    }
    counted
}

fn merge_entries(ours: &[(u64, u64)], theirs: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut merged = Vec::with_capacity(ours.len() + theirs.len());
    let (mut at, mut other) = (0, 0);
    while at < ours.len() && other < theirs.len() {
        let (a, b) = (ours[at], theirs[other]);
        match a.0.cmp(&b.0) {
            std::cmp::Ordering::Less => {
                merged.push(a);
                at += 1;
            }
            std::cmp::Ordering::Greater => {
                merged.push(b);
                other += 1;
            }
            std::cmp::Ordering::Equal => {
                merged.push((a.0, a.1 + b.1));
                at += 1;
                other += 1;
            }
        }
    }
    merged.extend_from_slice(&ours[at..]);
    merged.extend_from_slice(&theirs[other..]);
    merged
}

fn empty_cells() -> Vec<[u64; 2]> {
    let cells = usize::try_from(2 * CELLS_PER_SIDE).expect("half a million cells fit memory");
    vec![[0, 0]; cells]
}

fn cells_of(entries: &[(u64, u64)]) -> Vec<[u64; 2]> {
    let mut cells = empty_cells();
    for &entry in entries {
        add_to_cell(&mut cells, entry);
    }
    cells
}

fn add_to_cell(cells: &mut [[u64; 2]], (key, rows): (u64, u64)) {
    let label = usize::from(key & 1 == 1);
    cells[cell_of(score_of(key))][label] += rows;
}

/// The position of the cell of a score in [0, 1], in ascending order of scores.
fn cell_of(score: f64) -> usize {
    // 1 − p is exact from ½ on (Sterbenz).
    let distance = if score <= 0.5 { score } else { 1.0 - score };
    let number = (distance.to_bits() >> DROPPED_BITS).saturating_sub(FIRST_CELL);
    let position = if score <= 0.5 {
        number
    } else {
        2 * CELLS_PER_SIDE - 1 - number
    };
    usize::try_from(position).expect("half a million cells fit memory")
}

/// The end of a cell that is nearer to 0 or 1.
fn score_of_cell(position: usize) -> f64 {
    let position = position as u64;
    let number = position.min(2 * CELLS_PER_SIDE - 1 - position);
    let distance = if number == 0 {
        0.0
    } else {
        f64::from_bits((number + FIRST_CELL) << DROPPED_BITS)
    };
    if position < CELLS_PER_SIDE {
        distance
    } else {
        1.0 - distance
    }
}

impl Kept {
    fn groups(&self) -> ScoreGroups {
        match self {
            Self::Exact(entries) => {
                let mut groups: Vec<ScoreGroup> = Vec::with_capacity(entries.len());
                for &(key, rows) in entries.iter().rev() {
                    let score = score_of(key);
                    let is_new = groups
                        .last()
                        .is_none_or(|last| last.score.to_bits() != score.to_bits());
                    if is_new {
                        groups.push(ScoreGroup {
                            score,
                            negatives: 0,
                            positives: 0,
                        });
                    }
                    if let Some(group) = groups.last_mut() {
                        *group.rows_of(key) += rows;
                    }
                }
                ScoreGroups {
                    groups,
                    is_exact: true,
                }
            }
            Self::Cells(cells) => {
                let filled = cells
                    .iter()
                    .enumerate()
                    .rev()
                    .filter(|(_, cell)| **cell != [0, 0]);
                let groups = filled.map(|(position, &[negatives, positives])| ScoreGroup {
                    score: score_of_cell(position),
                    negatives,
                    positives,
                });
                ScoreGroups {
                    groups: groups.collect(),
                    is_exact: false,
                }
            }
        }
    }
}

/// Rows with one score (or with scores of one cell).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScoreGroup {
    pub(crate) score: f64,
    pub(crate) negatives: u64,
    pub(crate) positives: u64,
}

impl ScoreGroup {
    fn rows_of(&mut self, key: u64) -> &mut u64 {
        if key & 1 == 1 {
            &mut self.positives
        } else {
            &mut self.negatives
        }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.negatives + self.positives
    }
}

/// Rows by score, highest first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScoreGroups {
    pub(crate) groups: Vec<ScoreGroup>,
    pub(crate) is_exact: bool,
}

impl ScoreGroups {
    pub(crate) fn totals(&self) -> (u64, u64) {
        let add = |(negatives, positives), group: &ScoreGroup| {
            (negatives + group.negatives, positives + group.positives)
        };
        self.groups.iter().fold((0, 0), add)
    }

    /// By how much the AUC may err, at most; 0 when every score was kept.
    pub(crate) fn auc_error(&self) -> f64 {
        if self.is_exact {
            return 0.0;
        }
        let (negatives, positives) = self.totals();
        let tied = |group: &ScoreGroup| group.negatives as f64 * group.positives as f64;
        let tied: f64 = self.groups.iter().map(tied).sum();
        tied / 2.0 / (negatives as f64 * positives as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::random::Random;

    fn rows(n: usize) -> Vec<(f64, Outcome)> {
        let mut random = Random::stream(7, 7);
        let row = |_| {
            let score = random.uniform();
            // Half the scores are short, so that there are ties.
            let score = if random.below(2) == 0 {
                score
            } else {
                (score * 8.0).floor() / 8.0
            };
            let uniform = random.uniform();
            (score, Outcome::when(|| uniform < score))
        };
        (0..n).map(row).collect()
    }

    fn of(rows: &[(f64, Outcome)], limit: usize) -> Scores {
        let mut scores = Scores::with_limit(limit);
        for &(score, label) in rows {
            scores.push(score, label);
        }
        scores
    }

    fn bytes(scores: &Scores) -> Vec<u8> {
        let mut writer = StateWriter::with_header("scores", 1);
        scores.write(&mut writer);
        writer.finish("scores")
    }

    #[test]
    fn parts_in_any_order_give_the_bytes_of_the_whole() {
        let rows = rows(900);
        for limit in [10_000, 100] {
            let whole = of(&rows, limit);
            let (first, rest) = rows.split_at(13);
            let (second, third) = rest.split_at(500);
            let mut parts = of(third, limit);
            parts.merge(&of(first, limit));
            parts.merge(&of(second, limit));
            assert_eq!(bytes(&parts), bytes(&whole));
            assert_eq!(whole.groups().is_exact, limit > 900);
        }
    }

    #[test]
    fn groups_fall_and_hold_every_row() {
        let groups = of(&rows(900), 10_000).groups();
        assert!(
            groups
                .groups
                .windows(2)
                .all(|pair| pair[0].score > pair[1].score)
        );
        let (negatives, positives) = groups.totals();
        assert_eq!(negatives + positives, 900);
    }

    #[test]
    fn cells_cover_zero_to_one_in_order() {
        let scores = [
            0.0,
            1e-300,
            1e-9,
            1e-3,
            0.25,
            0.5,
            0.500_01,
            0.75,
            0.999,
            1.0 - 1e-9,
            1.0,
        ];
        let cells = scores.map(cell_of);
        assert!(cells.windows(2).all(|pair| pair[0] <= pair[1]), "{cells:?}");
        assert_eq!((cells[0], cells[10]), (0, empty_cells().len() - 1));
        for score in scores {
            let distance = score.min(1.0 - score);
            let found = score_of_cell(cell_of(score));
            // The relative width of a cell, and the closed cells below 2⁻³².
            let bound = distance / 8192.0 + 2.4e-10;
            assert!((found - score).abs() <= bound, "{score}: {found}");
        }
    }

    #[test]
    fn a_state_comes_back_in_both_forms() {
        for limit in [10_000, 100] {
            let scores = of(&rows(900), limit);
            let written = bytes(&scores);
            let (mut reader, _) = StateReader::open(&written, "scores", 1).unwrap();
            let read = Scores::read(&mut reader).unwrap();
            assert_eq!(bytes(&read), written);
            assert_eq!(read.groups(), scores.groups());
        }
    }
}
