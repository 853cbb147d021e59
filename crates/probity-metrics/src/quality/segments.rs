//! Model quality by the values of a column: one summary per value, in order of first
//! appearance, so that parts merge as the rows follow.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use probity_domain::document::model_quality_file::{QualityFacts, QualityRows, SegmentQuality};

use super::{ModelQuality, QualityBatch, QualityError, QualitySettings};
use crate::summary::{UpdateSummary, as_texts};

/// Each segment has a report of its own; a column with more values is no segmentation.
pub const MOST_SEGMENTS: usize = 200;

/// Summaries by the values of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentedQuality {
    settings: QualitySettings,
    column: String,
    /// `None` for rows without a value.
    segments: Vec<(Option<String>, ModelQuality)>,
}

impl SegmentedQuality {
    pub fn new(settings: &QualitySettings, column: &str) -> Self {
        Self {
            settings: settings.clone(),
            column: column.to_owned(),
            segments: Vec::new(),
        }
    }

    /// Adds the rows of a batch, whose segment column has as many.
    pub fn update(
        &mut self,
        batch: &QualityBatch<'_>,
        segment: &dyn Array,
    ) -> Result<(), QualityError> {
        let texts = as_texts(segment)?;
        let mut rows: Vec<(usize, Vec<u32>)> = Vec::new();
        let mut places: HashMap<Option<&str>, usize> = HashMap::new();
        for (row, text) in (0u32..).zip(texts.as_string::<i32>()) {
            let place = match places.get(&text) {
                Some(place) => *place,
                None => {
                    places.insert(text, rows.len());
                    rows.push((self.place(text)?, Vec::new()));
                    rows.len() - 1
                }
            };
            rows[place].1.push(row);
        }
        for (segment, rows) in rows {
            let rows = UInt32Array::from(rows);
            let label = taken(batch.label, &rows)?;
            let prediction = batch
                .prediction
                .map(|column| taken(column, &rows))
                .transpose()?;
            let probability = batch
                .probability
                .map(|column| taken(column, &rows))
                .transpose()?;
            self.segments[segment].1.update(&QualityBatch {
                label: &label,
                prediction: prediction.as_deref(),
                probability: probability.as_deref(),
            })?;
        }
        Ok(())
    }

    /// Where the segment of this value is kept; a new one is added.
    fn place(&mut self, value: Option<&str>) -> Result<usize, QualityError> {
        let found = self
            .segments
            .iter()
            .position(|(known, _)| known.as_deref() == value);
        if let Some(place) = found {
            return Ok(place);
        }
        if self.segments.len() == MOST_SEGMENTS {
            return Err(QualityError::TooManySegments {
                column: self.column.clone(),
                most: MOST_SEGMENTS,
            });
        }
        let value = value.map(str::to_owned);
        self.segments
            .push((value, ModelQuality::new(&self.settings)));
        Ok(self.segments.len() - 1)
    }

    /// Adds the rows of `other`, which has the same settings and column, behind ours.
    pub fn merge(&mut self, other: &Self) -> Result<(), QualityError> {
        for (value, theirs) in &other.segments {
            let place = self.place(value.as_deref())?;
            self.segments[place].1.merge(theirs);
        }
        Ok(())
    }

    /// One entry per value. A segment without usable rows says so in its notes; any other
    /// failure is that of the whole data.
    pub fn findings(&self) -> Result<Vec<SegmentQuality>, QualityError> {
        let of_segment = |(value, summary): &(Option<String>, ModelQuality)| {
            let quality = match summary.findings() {
                Ok(findings) => findings.facts,
                Err(error @ QualityError::NoRows { .. }) => QualityFacts {
                    rows: summary.rows(),
                    notes: vec![error.to_string()],
                    ..QualityFacts::default()
                },
                Err(error) => return Err(error),
            };
            Ok(SegmentQuality {
                column: self.column.clone(),
                value: value.clone(),
                quality,
            })
        };
        self.segments.iter().map(of_segment).collect()
    }
}

fn taken(column: &dyn Array, rows: &UInt32Array) -> Result<ArrayRef, QualityError> {
    take(column, rows, None).map_err(|_| {
        QualityError::Column(UpdateSummary::UnsupportedType {
            data_type: column.data_type().to_string(),
        })
    })
}

impl ModelQuality {
    /// Rows, and those that are left out.
    pub fn rows(&self) -> QualityRows {
        match self {
            Self::Regression(summary) => summary.rows,
            Self::Binary(summary) => summary.rows,
            Self::Multiclass(summary) => summary.rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float64Array, StringArray};
    use probity_domain::document::model_quality_statistics::ProblemType;

    fn segmented(rows: &[(Option<&str>, f64)]) -> SegmentedQuality {
        let settings = QualitySettings::new(ProblemType::Regression, 1);
        let mut quality = SegmentedQuality::new(&settings, "country");
        let labels = Float64Array::from(rows.iter().map(|row| row.1).collect::<Vec<f64>>());
        let predictions = Float64Array::from(vec![0.0; rows.len()]);
        let segments = StringArray::from(rows.iter().map(|row| row.0).collect::<Vec<_>>());
        let batch = QualityBatch {
            label: &labels,
            prediction: Some(&predictions),
            probability: None,
        };
        quality.update(&batch, &segments).unwrap();
        quality
    }

    #[track_caller]
    fn check(quality: &SegmentedQuality, expected: &[(Option<&str>, u64, f64)]) {
        let findings = quality.findings().unwrap();
        let found: Vec<(Option<&str>, u64, f64)> = findings
            .iter()
            .map(|segment| {
                let error = segment.quality.metrics[0].value.unwrap();
                (segment.value.as_deref(), segment.quality.rows.n_used, error)
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_value_has_its_own_rows_in_order_of_first_appearance() {
        let rows = [
            (Some("b"), 1.0),
            (None, 2.0),
            (Some("a"), 3.0),
            (Some("b"), 3.0),
        ];
        let expected = [(Some("b"), 2, 2.0), (None, 1, 2.0), (Some("a"), 1, 3.0)];
        check(&segmented(&rows), &expected);
        let mut parts = segmented(&rows[..2]);
        parts.merge(&segmented(&rows[2..])).unwrap();
        check(&parts, &expected);
    }

    #[test]
    fn a_column_with_many_values_is_no_segmentation() {
        let values: Vec<String> = (0..=MOST_SEGMENTS).map(|i| i.to_string()).collect();
        let settings = QualitySettings::new(ProblemType::Regression, 1);
        let mut quality = SegmentedQuality::new(&settings, "id");
        let numbers = Float64Array::from(vec![0.0; values.len()]);
        let batch = QualityBatch {
            label: &numbers,
            prediction: Some(&numbers),
            probability: None,
        };
        let error = quality
            .update(&batch, &StringArray::from(values))
            .unwrap_err();
        assert!(
            error.to_string().contains("`id` has more than 200 values"),
            "{error}"
        );
    }
}
