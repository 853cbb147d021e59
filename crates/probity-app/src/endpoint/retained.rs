//! What an update keeps of the deployment that is in service (`RetainAllVariantProperties`).

use probity_domain::document::api::endpoint::Deployment;
use serde_json::Value;

/// Weights, instance counts and data capture of `now`, unless the request excludes them.
/// Variants that `now` does not have come as their configuration says.
pub(crate) fn retain(input: &Value, now: &Deployment, next: &mut Deployment) {
    if input.get("RetainAllVariantProperties") != Some(&Value::Bool(true)) {
        return;
    }
    let excluded = match input.get("ExcludeRetainedVariantProperties") {
        Some(Value::Array(excluded)) => excluded.as_slice(),
        _ => &[],
    };
    let keeps = |property: &str| {
        !excluded.iter().any(|excluded| {
            excluded.get("VariantPropertyType").and_then(Value::as_str) == Some(property)
        })
    };
    for setting in &mut next.variants {
        let Some(was) = now
            .variants
            .iter()
            .find(|was| was.variant_name == setting.variant_name)
        else {
            continue;
        };
        if keeps("DesiredWeight") {
            setting.weight = was.weight;
        }
        if keeps("DesiredInstanceCount") {
            setting.instance_count = was.instance_count;
        }
    }
    if keeps("DataCaptureConfig") {
        next.config.data_capture_config = now.config.data_capture_config.clone();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(weight: f64, count: u32, bucket: &str) -> Deployment {
        serde_json::from_value(json!({
            "Config": {
                "ProductionVariants": [{ "VariantName": "a" }],
                "DataCaptureConfig": { "DestinationS3Uri": bucket },
            },
            "Variants": [{ "VariantName": "a", "Weight": weight, "InstanceCount": count }],
        }))
        .unwrap()
    }

    #[track_caller]
    fn check(input: &Value, weight: f64, count: u32, bucket: &str) {
        let mut next = deployment(1.0, 1, "new");
        retain(input, &deployment(7.0, 5, "old"), &mut next);
        assert_eq!(next, deployment(weight, count, bucket));
    }

    #[test]
    fn an_update_retains_what_it_is_asked_to() {
        check(&json!({}), 1.0, 1, "new");
        check(
            &json!({ "RetainAllVariantProperties": false }),
            1.0,
            1,
            "new",
        );
        check(
            &json!({ "RetainAllVariantProperties": true }),
            7.0,
            5,
            "old",
        );
        let excluding = |property: &str| {
            json!({
                "RetainAllVariantProperties": true,
                "ExcludeRetainedVariantProperties": [{ "VariantPropertyType": property }],
            })
        };
        check(&excluding("DesiredWeight"), 1.0, 5, "old");
        check(&excluding("DesiredInstanceCount"), 7.0, 1, "old");
        check(&excluding("DataCaptureConfig"), 7.0, 5, "new");
    }
}
