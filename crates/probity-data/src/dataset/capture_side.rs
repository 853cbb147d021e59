//! The sides of a captured event: what went into the model, what came out, what was true.

use datafusion::arrow::datatypes::{Field, Schema};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureSide {
    Input,
    Output,
    GroundTruth,
}

impl CaptureSide {
    pub(crate) const GROUND_TRUTH: &str = "groundTruth";
    /// Metadata of a field that a captured event has: its side.
    pub(crate) const METADATA: &str = "probity.side";
    const ALL: [CaptureSide; 3] = [
        CaptureSide::Input,
        CaptureSide::Output,
        CaptureSide::GroundTruth,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            CaptureSide::Input => "input",
            CaptureSide::Output => "output",
            CaptureSide::GroundTruth => CaptureSide::GROUND_TRUTH,
        }
    }

    pub(super) fn has(self) -> &'static str {
        match self {
            CaptureSide::Input => "the input has",
            CaptureSide::Output => "the output has",
            CaptureSide::GroundTruth => "the ground truth has",
        }
    }

    /// The side that a column of captured events is of.
    pub fn of(field: &Field) -> Option<CaptureSide> {
        let name = field.metadata().get(CaptureSide::METADATA)?;
        CaptureSide::ALL
            .into_iter()
            .find(|side| side.name() == name)
    }

    /// The positions of its columns, in their order.
    pub fn columns(self, schema: &Schema) -> Vec<usize> {
        let fields = schema.fields().iter().enumerate();
        fields
            .filter(|(_, field)| CaptureSide::of(field) == Some(self))
            .map(|(position, _)| position)
            .collect()
    }
}
