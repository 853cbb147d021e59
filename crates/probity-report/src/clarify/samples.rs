//! Every sample of bias alone, of explanations alone, and both together.

use super::ClarifyReport;
use crate::bias::{self, BiasSample};
use crate::explanation::{self, ExplanationSample};

/// What one run found.
#[derive(Clone, Debug)]
pub struct ClarifySample {
    pub name: String,
    pub title: Option<String>,
    pub bias: Option<BiasSample>,
    pub explanation: Option<ExplanationSample>,
}

impl ClarifySample {
    pub fn report(&self) -> ClarifyReport<'_> {
        ClarifyReport {
            title: self.title.as_deref(),
            bias: self.bias.as_ref().map(BiasSample::report),
            explanation: self.explanation.as_ref().map(ExplanationSample::report),
        }
    }
}

/// Every kind of report of a run.
pub fn samples() -> Vec<ClarifySample> {
    let mut samples: Vec<ClarifySample> = Vec::new();
    for sample in bias::samples() {
        samples.push(ClarifySample {
            name: sample.name.to_owned(),
            title: sample.title.clone(),
            bias: Some(sample),
            explanation: None,
        });
    }
    for sample in explanation::samples() {
        samples.push(ClarifySample {
            name: sample.name.to_owned(),
            title: sample.title.clone(),
            bias: None,
            explanation: Some(sample),
        });
    }
    let bias = bias::samples().into_iter().next();
    let explanation = explanation::samples().into_iter().next();
    samples.push(ClarifySample {
        name: "clarify-both".to_owned(),
        title: Some("Loan approvals, third quarter".to_owned()),
        bias,
        explanation,
    });
    samples.push(ClarifySample {
        name: "clarify-nothing".to_owned(),
        title: None,
        bias: None,
        explanation: None,
    });
    samples
}
