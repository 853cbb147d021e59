//! The workings of a comparison as the document that `probity why` prints.

use probity_domain::document::explanation::{
    DriftWorkings, ExplainedBin, ExplainedComparison, ExplainedGap, ExplainedStep,
};
use probity_metrics::drift::{Comparison, Step, WorkedBin, WorkedGap, Workings};

pub(crate) fn explained(workings: Workings) -> DriftWorkings {
    DriftWorkings {
        comparison: comparison(workings.comparison),
        bins: workings.bins.into_iter().map(bin).collect(),
        largest_gap: gap(workings.largest_gap),
        steps: workings.steps.into_iter().map(step).collect(),
    }
}

fn comparison(made: Comparison) -> ExplainedComparison {
    ExplainedComparison {
        distance: made.distance,
        effect: made.effect,
        interval: made.interval,
        p_value: made.p_value,
        psi: made.psi,
        jensen_shannon: made.jensen_shannon,
        wasserstein_1: made.wasserstein_1,
        n_baseline: made.n_baseline,
        n_current: made.n_current,
        enough_rows: made.enough_rows,
        note: made.note,
    }
}

fn bin(bin: WorkedBin) -> ExplainedBin {
    ExplainedBin {
        label: bin.label,
        baseline_rows: bin.baseline_rows,
        current_rows: bin.current_rows,
        baseline_share: bin.baseline_share,
        current_share: bin.current_share,
        psi_term: bin.psi_term,
        divergence_term: bin.divergence_term,
    }
}

fn gap(gap: WorkedGap) -> ExplainedGap {
    ExplainedGap {
        place: gap.place,
        baseline_rows: gap.baseline_rows,
        current_rows: gap.current_rows,
        baseline_share: gap.baseline_share,
        current_share: gap.current_share,
    }
}

fn step(step: Step) -> ExplainedStep {
    ExplainedStep {
        name: step.name.to_owned(),
        formula: step.formula,
        numbers: step.numbers,
        result: step.result,
    }
}
