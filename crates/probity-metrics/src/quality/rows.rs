//! Rows counted by what they lack, the same for every problem type.

use probity_domain::document::model_quality_file::QualityRows;

use crate::summary::{ReadState, StateReader, StateWriter};

pub(crate) fn merge(ours: &mut QualityRows, theirs: &QualityRows) {
    ours.n += theirs.n;
    ours.n_used += theirs.n_used;
    ours.n_missing_label += theirs.n_missing_label;
    ours.n_missing_prediction += theirs.n_missing_prediction;
    ours.n_missing_probability += theirs.n_missing_probability;
}

pub(crate) fn write(rows: &QualityRows, writer: &mut StateWriter) {
    writer.u64(rows.n);
    writer.u64(rows.n_used);
    writer.u64(rows.n_missing_label);
    writer.u64(rows.n_missing_prediction);
    writer.u64(rows.n_missing_probability);
}

pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<QualityRows, ReadState> {
    Ok(QualityRows {
        n: reader.count()?,
        n_used: reader.count()?,
        n_missing_label: reader.count()?,
        n_missing_prediction: reader.count()?,
        n_missing_probability: reader.count()?,
    })
}
