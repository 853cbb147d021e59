//! Rows dealt in turn into 509 classes, so that subsamples can be drawn long after the rows
//! are gone: 80 % of the classes, which are drawn at random. For rows in an order that has no
//! period of 509 that is as good as 80 % of the rows, at 20 kB instead of all of them.
//!
//! Merged parts are dealt on where the first part ended, so that the classes don't depend on
//! the cut. Below 509 rows a class has one row or none, and a subsample is 80 % of the rows
//! only on average.

use super::random::{Draw, Random};
use crate::summary::{ReadState, StateReader, StateWriter};

/// A prime, so that no usual period of rows is a multiple.
const CLASSES: usize = 509;
/// 80 % of them.
const DRAWN: u64 = 407;

/// Sums over the rows of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ClassSums {
    pub(crate) n: u64,
    /// Σ |e| and Σ e².
    pub(crate) absolute: f64,
    pub(crate) squared: f64,
    /// Σ (y − origin) and Σ (y − origin)².
    pub(crate) label: f64,
    pub(crate) label_squared: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowClasses {
    /// A label near the others, against cancellation: the first one.
    origin: f64,
    /// Class of the next row.
    next: usize,
    classes: Vec<ClassSums>,
}

impl Default for RowClasses {
    fn default() -> Self {
        Self {
            origin: 0.0,
            next: 0,
            classes: vec![ClassSums::default(); CLASSES],
        }
    }
}

impl RowClasses {
    fn is_empty(&self) -> bool {
        self.classes[0].n == 0
    }

    /// Adds labels with their residuals.
    pub(crate) fn add(&mut self, rows: &[(f64, f64)]) {
        if let Some(&(label, _)) = rows.first().filter(|_| self.is_empty()) {
            self.origin = label;
        }
        for &(label, residual) in rows {
            let class = &mut self.classes[self.next];
            let distance = label - self.origin;
            class.n += 1;
            class.absolute += residual.abs();
            class.squared += residual * residual;
            class.label += distance;
            class.label_squared += distance * distance;
            self.next = (self.next + 1) % CLASSES;
        }
    }

    /// Deals the rows of `other` as if they followed ours.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        if other.is_empty() {
            return;
        }
        let shift = other.origin - self.origin;
        for (place, theirs) in other.classes.iter().enumerate() {
            let ours = &mut self.classes[(self.next + place) % CLASSES];
            let n = theirs.n as f64;
            ours.n += theirs.n;
            ours.absolute += theirs.absolute;
            ours.squared += theirs.squared;
            ours.label += theirs.label + n * shift;
            ours.label_squared +=
                theirs.label_squared + 2.0 * shift * theirs.label + n * shift * shift;
        }
        self.next = (self.next + other.next) % CLASSES;
    }

    /// The sums of a subsample.
    pub(crate) fn draw(&self, random: &mut Random) -> ClassSums {
        let mut draw = Draw::new(random, CLASSES as u64, DRAWN);
        let mut sums = ClassSums::default();
        for class in &self.classes {
            if draw.next_cell(1) == 0 {
                continue;
            }
            sums.n += class.n;
            sums.absolute += class.absolute;
            sums.squared += class.squared;
            sums.label += class.label;
            sums.label_squared += class.label_squared;
        }
        sums
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        writer.f64(self.origin);
        writer.u64(self.next as u64);
        for class in &self.classes {
            writer.u64(class.n);
            let sums = [
                class.absolute,
                class.squared,
                class.label,
                class.label_squared,
            ];
            writer.f64_slice(&sums);
        }
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let mut classes = Self {
            origin: reader.f64()?,
            next: usize::try_from(reader.u64()?).unwrap_or(usize::MAX),
            ..Self::default()
        };
        if classes.next >= CLASSES || !classes.origin.is_finite() {
            return Err(ReadState::Damaged {
                what: "its classes of rows are impossible",
            });
        }
        for class in &mut classes.classes {
            *class = ClassSums {
                n: reader.count()?,
                absolute: reader.f64()?,
                squared: reader.f64()?,
                label: reader.f64()?,
                label_squared: reader.f64()?,
            };
        }
        Ok(classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: u32) -> Vec<(f64, f64)> {
        (0..n)
            .map(|i| (f64::from(i % 97), f64::from(i % 7) - 3.0))
            .collect()
    }

    #[test]
    fn parts_are_dealt_on_where_the_last_one_ended() {
        let rows = rows(1500);
        let mut whole = RowClasses::default();
        whole.add(&rows);
        for cut in [0, 1, 508, 509, 700, 1500] {
            let (mut parts, mut rest) = (RowClasses::default(), RowClasses::default());
            parts.add(&rows[..cut]);
            rest.add(&rows[cut..]);
            parts.merge(&rest);
            // Whole numbers: no sum is rounded.
            assert_eq!(parts, whole, "{cut}");
        }
    }

    #[test]
    fn a_subsample_has_four_fifths_of_the_rows() {
        let mut classes = RowClasses::default();
        classes.add(&rows(509 * 3));
        let sums = classes.draw(&mut Random::stream(1, 1));
        assert_eq!(sums.n, 407 * 3);
    }
}
