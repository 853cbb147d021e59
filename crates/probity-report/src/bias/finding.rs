//! What stands out: the differences that sampling error does not explain, one per question.
//!
//! Several metrics ask the same question of a yes-or-no label (DPL, KS, TVD and LP are one
//! number but for a factor), and the mirrored facet value asks it again; each question is
//! answered once. Sure before large: the order is by the interval's end nearest the ideal value.

use probity_domain::document::bias_file::{BiasFile, FacetFacts, MetricFacts};

use super::significance::Correction;

/// Metrics whose sign says who is disadvantaged, on one common scale of shares.
const QUESTIONS: [&str; 9] = [
    "DPPL", "DPL", "RD", "AD", "SD", "DAR", "DRR", "CDDPL", "CDDL",
];

const MOST: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BiasFinding<'a> {
    /// Position in the file.
    pub(crate) facet_position: usize,
    pub(crate) facet: &'a FacetFacts,
    pub(crate) metric: &'a MetricFacts,
    /// At least so far from the ideal value, at the interval's confidence.
    margin: f64,
}

pub(crate) fn most_notable<'a>(
    file: &'a BiasFile,
    correction: &Correction,
) -> Vec<BiasFinding<'a>> {
    let mut findings: Vec<BiasFinding<'_>> = file
        .facets
        .iter()
        .enumerate()
        .flat_map(|(position, facet)| of_facet(correction, (position, facet)))
        .collect();
    // Stable: what is equal keeps the order of the document.
    findings.sort_by(|a, b| b.margin.total_cmp(&a.margin));
    let mut chosen: Vec<BiasFinding<'_>> = Vec::new();
    for finding in findings {
        let is_asked = chosen.iter().any(|other| {
            other.metric.name == finding.metric.name && other.facet.facet == finding.facet.facet
        });
        if !is_asked {
            chosen.push(finding);
        }
    }
    chosen.truncate(MOST);
    chosen
}

pub(crate) fn of_facet<'a>(
    correction: &Correction,
    (position, facet): (usize, &'a FacetFacts),
) -> Vec<BiasFinding<'a>> {
    facet
        .metrics
        .iter()
        .filter(|metric| QUESTIONS.contains(&metric.name.as_str()))
        .filter(|metric| correction.is_sure_difference(metric))
        .filter_map(|metric| {
            let interval = metric.interval.as_ref()?;
            Some(BiasFinding {
                facet_position: position,
                facet,
                metric,
                margin: interval.low.abs().min(interval.high.abs()),
            })
        })
        .collect()
}
