//! Labels in a request: written as one object in the documented layout, where a merge finds them.

use probity_app::ground_truth::{self as verbs, UploadedLabel, UploadedValue};
use probity_app::{Caller, Fault};
use probity_data::ground_truth::{Label, LabelValue, label_object, label_place};
use probity_data::location::{ReadLocation, WriteOutput, write_object};
use serde_json::Value;

use crate::operations::Tools;

pub(crate) async fn add(tools: Tools<'_>, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let upload = verbs::plan(tools.app, caller, &input).await?;
    let labels: Vec<Label> = upload.labels.iter().map(label).collect();
    let place = label_place(&upload.ground_truth, upload.now_ms, &upload.id);
    let content = label_object(&labels).into();
    write_object(&place, content, tools.environment)
        .await
        .map_err(|source| not_written(&place, source))?;
    verbs::uploaded(tools.app, caller, (&upload, &place)).await
}

/// A place that cannot be is the caller's to mend, or that of who wrote the definition.
fn not_written(place: &str, source: WriteOutput) -> Fault {
    match &source {
        WriteOutput::Remote {
            source:
                ReadLocation::MissingBucket { .. }
                | ReadLocation::Missing { .. }
                | ReadLocation::Malformed { .. },
            ..
        } => Fault::invalid(format!(
            "Labels cannot be put in {place}: no such bucket, or no name of an object"
        )),
        _ => Fault::internal(format!("write labels to `{place}`"), source),
    }
}

fn label(uploaded: &UploadedLabel) -> Label {
    Label {
        id: uploaded.id.clone(),
        value: match &uploaded.value {
            UploadedValue::Text(text) => LabelValue::Csv(text.clone()),
            UploadedValue::Json(text) => LabelValue::Json(text.clone()),
        },
        inference_ms: uploaded.inference_ms,
    }
}
