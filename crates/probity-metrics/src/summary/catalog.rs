//! Every summary there is, for the laws that all of them obey and for the reference manual.

use super::Summary;
use super::column::ColumnSummary;
use super::distinct::HyperLogLog;
use super::kll::KllSketch;
use super::lengths::Lengths;
use super::moments::Moments;
use super::parts::{TypeTally, ValueCounts};

/// How close the merged summaries of the parts are to the summary of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// The same bytes, in any order and grouping of the parts.
    Exact,
    /// The same but for the last digits of floating-point numbers.
    Rounded,
    /// Within the error that the summary states; the same parts in the same order give the
    /// same bytes.
    Approximate,
}

/// What is said of a summary.
#[derive(Clone, Copy, Debug)]
pub struct CatalogEntry {
    pub name: &'static str,
    /// What it computes.
    pub summary: &'static str,
    pub formula: &'static str,
    pub source: &'static str,
    pub merging: Merging,
}

/// Something done with every summary of the catalog.
pub trait CatalogVisitor {
    fn visit<S: Summary>(&mut self, entry: &CatalogEntry);
}

/// Shows `visitor` every summary, in the order of the manual.
pub fn visit_catalog(visitor: &mut impl CatalogVisitor) {
    visitor.visit::<TypeTally>(&TYPES);
    visitor.visit::<Moments>(&MOMENTS);
    visitor.visit::<KllSketch>(&SKETCH);
    visitor.visit::<HyperLogLog>(&DISTINCT);
    visitor.visit::<ValueCounts>(&VALUES);
    visitor.visit::<Lengths>(&LENGTHS);
    visitor.visit::<ColumnSummary>(&COLUMN);
}

const TYPES: CatalogEntry = CatalogEntry {
    name: TypeTally::NAME,
    summary: "values per type: Integral, Fractional, Boolean, String, and missing ones",
    formula: "regular expressions on the value's text",
    source: "Deequ 2.0.2, DataType",
    merging: Merging::Exact,
};

const MOMENTS: CatalogEntry = CatalogEntry {
    name: Moments::NAME,
    summary: "count, mean, sum, population standard deviation, minimum and maximum",
    formula: "mean = Σx/n, std_dev = √(Σ(x − mean)²/n)",
    source: "Chan, Golub, LeVeque (1983); Neumaier (1974)",
    merging: Merging::Rounded,
};

const SKETCH: CatalogEntry = CatalogEntry {
    name: KllSketch::NAME,
    summary: "quantiles and ranks from compactors with k = 2048, c = 0.64",
    formula: "rank(x) = Σ over items at most x of 2^level",
    source: "Karnin, Lang, Liberty (2016); Deequ 2.0.2, QuantileNonSample",
    merging: Merging::Approximate,
};

const DISTINCT: CatalogEntry = CatalogEntry {
    name: HyperLogLog::NAME,
    summary: "number of distinct values, relative standard error 1.6 %",
    formula: "m²/(2 ln 2 · z) over 4,096 registers",
    source: "Flajolet et al. (2007); Ertl (2017), algorithm 6",
    merging: Merging::Exact,
};

const VALUES: CatalogEntry = CatalogEntry {
    name: ValueCounts::NAME,
    summary: "most frequent values and, up to 120 of them, the counts of all",
    formula: "true count between count and count + n/128",
    source: "Misra, Gries (1982); Agarwal et al. (2013)",
    merging: Merging::Approximate,
};

const LENGTHS: CatalogEntry = CatalogEntry {
    name: Lengths::NAME,
    summary: "shortest, longest and mean text, in Unicode scalar values",
    formula: "mean = Σ length / n",
    source: "The Unicode Standard, D76",
    merging: Merging::Exact,
};

const COLUMN: CatalogEntry = CatalogEntry {
    name: ColumnSummary::NAME,
    summary: "all of the above in one scan",
    formula: "as its parts",
    source: "Amazon SageMaker Model Monitor, schema for statistics",
    merging: Merging::Approximate,
};

#[cfg(test)]
mod tests {
    use super::*;

    struct Names(Vec<&'static str>);

    impl CatalogVisitor for Names {
        fn visit<S: Summary>(&mut self, entry: &CatalogEntry) {
            assert_eq!(S::NAME, entry.name);
            assert!(!entry.summary.is_empty() && !entry.formula.is_empty());
            assert!(!entry.source.is_empty());
            self.0.push(entry.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names = Names(Vec::new());
        visit_catalog(&mut names);
        let all = names.0.len();
        names.0.sort_unstable();
        names.0.dedup();
        assert_eq!(names.0.len(), all);
    }
}
