//! The numeric features of a CatBoost model: their place among the columns, and where each sends
//! a missing value.

use std::collections::HashMap;

use probity_metrics::model::{Feature, FeatureKind};

use super::document::{Features, FloatFeature, NanValueTreatment};
use crate::model::error::ReadModel;
use crate::model::library_model::{FeatureNames, checked_features};

#[derive(Debug)]
pub(crate) struct FloatFeatures {
    pub(crate) features: Vec<Feature>,
    pub(crate) names: FeatureNames,
    by_index: HashMap<u32, (u32, NanValueTreatment)>,
}

impl FloatFeatures {
    pub(crate) fn of(document: &Features) -> Result<FloatFeatures, ReadModel> {
        let found = &document.float_features;
        checked_features(found.len() as u64)?;
        let mut features: Vec<Option<Feature>> = vec![None; found.len()];
        let mut by_index = HashMap::new();
        let named = found.iter().any(|feature| !name_of(feature).is_empty());
        for feature in found {
            let column = feature.flat_feature_index;
            let place = features.get_mut(column as usize);
            let Some(place @ None) = place else {
                let problem = format!("lists column {column} twice or beyond its features");
                return Err(ReadModel::malformed("`float_features`", problem));
            };
            let name = match name_of(feature) {
                "" => column.to_string(),
                name => name.to_owned(),
            };
            *place = Some(Feature {
                name,
                kind: FeatureKind::Numeric,
            });
            by_index.insert(feature.feature_index, (column, feature.nan_value_treatment));
        }
        Ok(FloatFeatures {
            // As many places as features, and none is taken twice.
            features: features.into_iter().flatten().collect(),
            names: match named {
                true => FeatureNames::Given,
                false => FeatureNames::MadeUp,
            },
            by_index,
        })
    }

    /// The column of a feature, and where it sends a missing value.
    pub(crate) fn of_split(&self, feature_index: u32) -> Option<(u32, NanValueTreatment)> {
        self.by_index.get(&feature_index).copied()
    }
}

/// Versions differ in which of the two they write.
fn name_of(feature: &FloatFeature) -> &str {
    match feature.feature_name.as_str() {
        "" => &feature.feature_id,
        name => name,
    }
}
