//! What a new baseline takes from the one that it follows: settings that people made. A suggestion
//! of the old data is not kept, since the new data suggest their own.

use std::collections::BTreeMap;

use probity_domain::document::constraints::{
    CategoricalDriftMethod, Constraints, FeatureConstraints,
};
use probity_metrics::constraints::suggest;
use probity_metrics::summary::ColumnProfile;

use super::result::{ResultDocuments, named};
use super::stored::StoredResult;

/// Changes the suggestions in `documents`, and says which features have what people set.
///
/// Settings of the whole file and overrides of features are always somebody's. Any other value is
/// when the old data would not suggest it, which only their summary state tells: of results that
/// SageMaker wrote it is not known.
pub fn keep_settings(before: &StoredResult, documents: &mut ResultDocuments) -> Vec<String> {
    let Some(obeyed) = &before.constraints else {
        return Vec::new();
    };
    let suggested = suggested(before);
    let suggested = by_name(suggested.as_ref());
    let obeyed_features = by_name(Some(obeyed));
    if let Some(config) = &obeyed.monitoring_config {
        documents.constraints.monitoring_config = Some(config.clone());
    }
    documents.constraints.other_members = obeyed.other_members.clone();
    let mut kept = Vec::new();
    for feature in &mut documents.constraints.features {
        let Some(old) = obeyed_features.get(feature.name.as_str()) else {
            continue;
        };
        let fresh = feature.clone();
        keep_overrides(old, feature);
        if let Some(suggested) = suggested.get(feature.name.as_str()) {
            keep_edits((old, suggested), feature);
        }
        if *feature != fresh {
            kept.push(feature.name.clone());
        }
    }
    if let Some(probity) = &before.probity {
        let stays = |name: &Option<String>| {
            let features = &documents.constraints.features;
            name.as_ref()
                .is_none_or(|name| features.iter().any(|feature| feature.name == *name))
        };
        let edits = probity.history.iter().filter(|edit| stays(&edit.feature));
        documents.probity.history = edits.cloned().collect();
    }
    kept
}

fn suggested(before: &StoredResult) -> Option<Constraints> {
    before.probity.as_ref()?.summaries.as_ref()?;
    let profiles: Vec<(String, ColumnProfile)> = before
        .columns
        .iter()
        .map(|(name, summary)| (name.clone(), summary.profile()))
        .collect();
    // The method belongs to the whole file, and no feature depends on it.
    Some(suggest(named(&profiles), CategoricalDriftMethod::LInfinity))
}

fn by_name(constraints: Option<&Constraints>) -> BTreeMap<&str, &FeatureConstraints> {
    let features = constraints.into_iter().flat_map(|all| &all.features);
    features
        .map(|feature| (feature.name.as_str(), feature))
        .collect()
}

/// From each of the places where they may stand.
fn keep_overrides(old: &FeatureConstraints, feature: &mut FeatureConstraints) {
    if old.monitoring_config_overrides.is_some() {
        feature
            .monitoring_config_overrides
            .clone_from(&old.monitoring_config_overrides);
        feature.overrides_spelling = old.overrides_spelling;
    }
    if let (Some(new), Some(old)) = (&mut feature.num_constraints, &old.num_constraints) {
        new.monitoring_config_overrides
            .clone_from(&old.monitoring_config_overrides);
    }
    if let (Some(new), Some(old)) = (&mut feature.string_constraints, &old.string_constraints) {
        new.monitoring_config_overrides
            .clone_from(&old.monitoring_config_overrides);
    }
    feature.other_members.clone_from(&old.other_members);
}

fn keep_edits(
    (old, suggested): (&FeatureConstraints, &FeatureConstraints),
    feature: &mut FeatureConstraints,
) {
    if old.inferred_type != suggested.inferred_type {
        feature.inferred_type = old.inferred_type;
    }
    if old.completeness != suggested.completeness {
        feature.completeness = old.completeness;
    }
    let is_non_negative = |one: &FeatureConstraints| {
        let numbers = one.num_constraints.as_ref();
        numbers.map(|numbers| numbers.is_non_negative)
    };
    if is_non_negative(old) != is_non_negative(suggested) {
        feature.num_constraints.clone_from(&old.num_constraints);
    }
    let domains = |one: &FeatureConstraints| {
        let texts = one.string_constraints.as_ref();
        texts.and_then(|texts| texts.domains.clone())
    };
    if domains(old) != domains(suggested) {
        feature
            .string_constraints
            .clone_from(&old.string_constraints);
    }
}
