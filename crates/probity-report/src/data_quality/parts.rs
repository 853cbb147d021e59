//! Parts of the report for pages that show one column, or a table of all of them, in a frame of
//! their own: the same numbers, pictures and sentences as the report has.

use maud::Markup;

use super::DataQualityReport;
use super::card;
use super::facts;
use super::feature::{Feature, Features, Missing, Presence};
use super::findings::{self, Finding};
use super::limits;
use super::overview::type_change;
use super::picture::Picture;
use crate::chart::spark;
use crate::number;

/// All columns of a result.
#[derive(Debug)]
pub struct Columns<'a> {
    report: DataQualityReport<'a>,
    features: Features<'a>,
    findings: Vec<Finding<'a>>,
}

/// What is said of a column in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnVerdict {
    Within,
    Violated,
    /// Only the baseline has it.
    Gone,
    /// Only the current data have it.
    New,
    /// There is nothing to compare with.
    Alone,
}

/// A row of a table of columns.
#[derive(Clone, Debug)]
pub struct ColumnLine<'a> {
    pub name: &'a str,
    /// `Fractional`, or `Integral → String`.
    pub kind: Markup,
    pub redacted: bool,
    /// In [0, 1]: what the table is sorted by.
    pub moved: f64,
    /// The distance that decides, and its limit, as they are shown.
    pub distance: Option<(String, String)>,
    /// Shares of rows with a value, of the baseline and now, as they are shown.
    pub complete: (Option<String>, Option<String>),
    pub verdict: ColumnVerdict,
    /// The checks that the column violates.
    pub violated: Vec<&'static str>,
}

/// The comparison of one column.
#[derive(Clone, Debug)]
pub struct ColumnParts {
    pub kind: Markup,
    pub redacted: bool,
    pub verdict: ColumnVerdict,
    pub findings: Vec<ColumnFinding>,
    /// Why something is not shown or not judged.
    pub remarks: Vec<String>,
    /// Both distributions, with the numbers of the picture.
    pub picture: Markup,
    /// The distance against its limit.
    pub gauge: Markup,
    /// The numbers that a reader looks for first.
    pub tiles: Markup,
    /// Statistics of the baseline, of now, and the change.
    pub table: Markup,
    pub constraints: Markup,
}

/// A violation in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFinding {
    pub check: &'static str,
    pub sentence: String,
    /// By SageMaker's rule, and by the verdict that is corrected for chance.
    pub by: (bool, bool),
}

impl<'a> Columns<'a> {
    pub fn of(report: &DataQualityReport<'a>) -> Columns<'a> {
        Columns {
            report: *report,
            features: Features::of(report),
            findings: findings::all(report),
        }
    }

    /// What moved furthest first.
    pub fn lines(&self) -> Vec<ColumnLine<'a>> {
        let sorted = self.features.by_movement();
        sorted
            .into_iter()
            .map(|feature| self.line(feature))
            .collect()
    }

    /// Both distributions, the size of a word; nothing where there is nothing to draw.
    pub fn small_picture(&self, name: &str) -> Option<Markup> {
        let shares = Picture::of(self.features.named(name)?).shares()?;
        Some(spark(&shares))
    }

    /// Everything about one column; `None` where no document knows it.
    pub fn parts(&self, name: &str) -> Option<ColumnParts> {
        let feature = self.features.named(name)?;
        let picture = Picture::of(feature);
        let own = self.findings_of(feature);
        Some(ColumnParts {
            kind: type_change(feature),
            redacted: feature.redacted,
            verdict: verdict(feature),
            remarks: card::remarks(&self.report, feature, &own),
            findings: own
                .iter()
                .map(|finding| ColumnFinding {
                    check: findings::check_label(finding.check),
                    sentence: findings::sentence(finding, Some(feature)),
                    by: (finding.aws, finding.corrected),
                })
                .collect(),
            picture: card::drawing(feature, &picture),
            gauge: card::distance(feature),
            tiles: facts::tiles(feature),
            table: facts::table(feature, &picture),
            constraints: limits::asked_of(&self.report, feature),
        })
    }

    /// Rows of the baseline, where there is one, and now.
    pub fn rows(&self) -> (Option<u64>, u64) {
        let baseline = self.report.baseline;
        (
            baseline.map(|baseline| baseline.dataset.item_count),
            self.report.statistics.dataset.item_count,
        )
    }

    /// Where the column stands among those of `statistics.json`.
    pub fn place(&self, name: &str) -> Option<usize> {
        let features = &self.report.statistics.features;
        features.iter().position(|feature| feature.name == name)
    }

    /// What a reader should know first: of the check, then of the reading of the data.
    pub fn notes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.report.notes()
    }

    fn findings_of(&self, feature: &Feature<'_>) -> Vec<&Finding<'a>> {
        let own = feature.findings.iter();
        own.filter_map(|at| self.findings.get(*at)).collect()
    }

    fn line(&self, feature: &Feature<'a>) -> ColumnLine<'a> {
        let drift = feature.drift();
        let distance = drift.and_then(|drift| Some((drift.distance?, drift)));
        let mut violated: Vec<&'static str> = self
            .findings_of(feature)
            .iter()
            .map(|finding| findings::check_label(finding.check))
            .collect();
        violated.dedup();
        ColumnLine {
            name: feature.name,
            kind: type_change(feature),
            redacted: feature.redacted,
            moved: feature.moved,
            distance: distance.map(|(distance, drift)| {
                let shown = match drift.method == findings::CHI_SQUARED {
                    true => number::probability(distance),
                    false => number::thousandths(distance),
                };
                (shown, number::short(drift.threshold))
            }),
            complete: (
                feature.baseline.and_then(|side| complete(side.missing)),
                feature.current.and_then(|side| complete(side.missing)),
            ),
            verdict: verdict(feature),
            violated,
        }
    }
}

fn complete(missing: Missing) -> Option<String> {
    number::percent_of(missing.n_present, missing.rows())
}

fn verdict(feature: &Feature<'_>) -> ColumnVerdict {
    match feature.presence {
        Presence::Gone => ColumnVerdict::Gone,
        Presence::New => ColumnVerdict::New,
        _ if !feature.findings.is_empty() => ColumnVerdict::Violated,
        Presence::Alone => ColumnVerdict::Alone,
        Presence::Both => ColumnVerdict::Within,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn every_column_of_every_sample_has_parts() {
        let mut columns_seen = 0;
        for sample in samples() {
            let columns = Columns::of(&sample.report());
            for line in columns.lines() {
                let parts = columns.parts(line.name).unwrap();
                assert_eq!(parts.verdict, line.verdict, "{}", line.name);
                assert_eq!(parts.findings.is_empty(), line.violated.is_empty());
                columns_seen += 1;
            }
            assert!(columns.parts("no such column").is_none());
        }
        assert!(columns_seen > 20, "{columns_seen}");
    }
}
