//! What `probity.json` says of attributions: global values with intervals, a sample of rows for
//! pictures, and the rows that were asked for.

use datafusion::arrow::array::ArrayRef;
use probity_domain::document::explanation_file::{
    AttributionFacts, RowAttribution, RowAttributions,
};
use probity_domain::document::explanations_csv::CsvField;
use probity_metrics::explain::aggregate::{
    AttributionAggregate, AttributionBatch, ExplainedLabels, FeatureValue,
};

use super::analyse::Attributed;
use super::attributions::Attributions;
use super::documents::{csv_field, plain_column};
use super::error::ExplainError;
use super::request::{ExplainRequest, ShapSettings};
use super::trees::names;

/// Rows that are added to the global values at once: cut the same way each time, so that sums
/// are the same to the last digit.
const ROWS_AT_ONCE: usize = 4096;

pub(super) fn attribution_facts(
    request: &ExplainRequest,
    settings: &ShapSettings,
    attributed: &Attributed,
    labels: &[String],
) -> Result<AttributionFacts, ExplainError> {
    let found = &attributed.found;
    let values = ShownValues::of(request, settings, found);
    let mut aggregate = AttributionAggregate::new(found.names.len(), found.n_outputs, request.seed);
    let width = found.names.len() * found.n_outputs;
    for (chunk, attributions) in found.values.chunks(width * ROWS_AT_ONCE).enumerate() {
        let first = chunk * ROWS_AT_ONCE;
        let errors = found.standard_errors.as_ref();
        let batch = AttributionBatch {
            first_row: first as u64,
            attributions,
            standard_errors: errors.map(|errors| &errors[first * width..][..attributions.len()]),
        };
        aggregate
            .update(batch, |row, feature| values.value(first + row, feature))
            .map_err(|error| ExplainError::Method {
                reason: error.to_string(),
            })?;
    }
    let named = ExplainedLabels {
        features: &found.names,
        labels,
        expected_values: &found.expected_values,
    };
    Ok(AttributionFacts {
        method: found.method,
        output: found.output,
        aggregation: settings.aggregation.name().to_owned(),
        n_rows: found.n_rows() as u64,
        n_baseline_rows: attributed
            .baseline
            .as_ref()
            .map(|rows| rows.num_rows() as u64),
        baseline: attributed.baseline_said.clone(),
        n_coalitions: found.n_coalitions,
        seed: found.standard_errors.is_some().then_some(request.seed),
        chosen_features: settings.features.is_some(),
        largest_additivity_error: found.largest_additivity_error,
        labels: aggregate.facts(named, settings.aggregation),
        rows: shown_rows(settings, (found, &values), labels),
    })
}

/// The values of the explained columns, as far as they may be seen.
struct ShownValues {
    /// Of each player its column; `None` of a group, and of a hidden column.
    columns: Vec<Option<ArrayRef>>,
    /// Of each group its columns and their names.
    groups: Vec<Vec<(String, ArrayRef)>>,
}

impl ShownValues {
    fn of(request: &ExplainRequest, settings: &ShapSettings, found: &Attributions) -> ShownValues {
        let names = names(&request.rows);
        let grouped = |player: &String| {
            let columns = settings.groups.get(player).into_iter().flatten();
            let shown = columns.filter(|column| !request.hidden.contains(&names[**column]));
            shown
                .map(|column| {
                    let values = plain_column(request.rows.column(*column));
                    (names[*column].clone(), values)
                })
                .collect()
        };
        let column = |player: &String| {
            let place = names.iter().position(|name| name == player)?;
            let is_hidden = request.hidden.contains(player);
            (!is_hidden).then(|| plain_column(request.rows.column(place)))
        };
        ShownValues {
            columns: found.names.iter().map(column).collect(),
            groups: found.names.iter().map(grouped).collect(),
        }
    }

    fn field(&self, row: usize, player: usize) -> CsvField<'_> {
        match &self.columns[player] {
            Some(column) => csv_field(column, row),
            None => CsvField::Missing,
        }
    }

    fn value(&self, row: usize, player: usize) -> FeatureValue {
        match self.field(row, player) {
            #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
            CsvField::Integer(number) => FeatureValue::Number(number as f64),
            CsvField::Float(number) => FeatureValue::Number(number),
            CsvField::Boolean(truth) => FeatureValue::Text(truth.to_string()),
            CsvField::Text(text) => FeatureValue::Text(text.to_owned()),
            CsvField::Missing => FeatureValue::Missing,
        }
    }

    /// The row's value; of a group `age = 47, income = 30000`.
    fn text(&self, row: usize, player: usize) -> Option<String> {
        let grouped = self.groups[player].iter().map(|(name, column)| {
            let value = shown(csv_field(column, row));
            format!("{name} = {}", value.unwrap_or_else(|| "missing".to_owned()))
        });
        let grouped: Vec<String> = grouped.collect();
        match grouped.is_empty() {
            true => shown(self.field(row, player)),
            false => Some(grouped.join(", ")),
        }
    }
}

fn shown(field: CsvField<'_>) -> Option<String> {
    match field {
        CsvField::Integer(number) => Some(number.to_string()),
        CsvField::Float(number) => Some(number.to_string()),
        CsvField::Boolean(truth) => Some(truth.to_string()),
        CsvField::Text(text) => Some(text.to_owned()),
        CsvField::Missing => None,
    }
}

fn shown_rows(
    settings: &ShapSettings,
    (found, values): (&Attributions, &ShownValues),
    labels: &[String],
) -> Vec<RowAttributions> {
    let mut shown = Vec::new();
    for row in &settings.shown_rows {
        let Ok(row_idx) = usize::try_from(*row) else {
            continue;
        };
        for (output, label) in labels.iter().enumerate() {
            let attributions = found.value(row_idx, output);
            let errors = found.error(row_idx, output);
            let explained = found.output_of(row_idx, output);
            let features = found.names.iter().enumerate();
            shown.push(RowAttributions {
                row: *row,
                label: label.clone(),
                // Where columns are fixed, what the row is measured from is its own.
                expected_value: explained - attributions.iter().sum::<f64>(),
                output: explained,
                features: features
                    .map(|(player, name)| RowAttribution {
                        feature: name.clone(),
                        value: values.text(row_idx, player),
                        attribution: attributions[player],
                        standard_error: errors.map(|errors| errors[player]),
                    })
                    .collect(),
            });
        }
    }
    shown
}
