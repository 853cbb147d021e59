//! The names of categories that XGBoost keeps in a model from version 3.1: the code that the
//! trees see is the position in the list.
//!
//! XGBoost to 3.2 at least counts characters where it should count bytes when the names come from
//! pandas, so that the names of a feature are cut short and in the wrong places as soon as one
//! letter is beyond ASCII. A cut need not fall within a letter, and nothing in the file says
//! where the names came from: such names are not used at all, only codes.

use probity_metrics::model::{Feature, FeatureKind};

use super::document::{Categories, CategoryValues, Learner};
use crate::model::error::ReadModel;
use crate::model::library_model::FeatureNames;

/// What a file says of its features.
pub(crate) struct ReadFeatureList {
    pub(crate) features: Vec<Feature>,
    pub(crate) names: FeatureNames,
    /// Names of the features whose categories have damaged names.
    pub(crate) damaged: Vec<String>,
}

/// The features of a model: `f0`, `f1`, … where the file only counts them, as XGBoost does.
pub(crate) fn features(
    learner: &Learner,
    (n_features, categories): (usize, Option<&Categories>),
) -> Result<ReadFeatureList, ReadModel> {
    let types = &learner.feature_types;
    for (place, found) in [
        ("`feature_names`", learner.feature_names.len()),
        ("`feature_types`", types.len()),
    ] {
        if found > 0 && found != n_features {
            let problem = format!("has {found} entries for {n_features} features");
            return Err(ReadModel::malformed(place, problem));
        }
    }
    let encoded = categories.map_or(&[][..], |categories| &categories.enc);
    let mut list = ReadFeatureList {
        features: Vec::with_capacity(n_features),
        names: match learner.feature_names.is_empty() {
            true => FeatureNames::MadeUp,
            false => FeatureNames::Given,
        },
        damaged: Vec::new(),
    };
    for idx in 0..n_features {
        let name = learner.feature_names.get(idx).cloned();
        let name = name.unwrap_or_else(|| format!("f{idx}"));
        let values = encoded.get(idx);
        let kind = match types.get(idx).map(String::as_str) {
            Some("c") if values.is_some_and(is_beyond_ascii) => {
                list.damaged.push(name.clone());
                FeatureKind::Categorical { categories: None }
            }
            Some("c") => FeatureKind::Categorical {
                categories: values.map(names).transpose()?.flatten(),
            },
            Some(_) | None => FeatureKind::Numeric,
        };
        list.features.push(Feature { name, kind });
    }
    Ok(list)
}

/// Bytes are written as signed numbers.
fn is_beyond_ascii(values: &CategoryValues) -> bool {
    let beyond = |byte: &f64| (-128.0..0.0).contains(byte) || (128.0..256.0).contains(byte);
    values.offsets.is_some() && values.values.iter().any(beyond)
}

/// `None` for a feature without a list.
fn names(values: &CategoryValues) -> Result<Option<Vec<String>>, ReadModel> {
    if values.values.is_empty() {
        return Ok(None);
    }
    let names = match &values.offsets {
        Some(offsets) => texts(offsets, &values.values),
        // Rust writes 10.0 as `10`, as a whole number's own text.
        None => Some(values.values.iter().map(ToString::to_string).collect()),
    };
    names
        .map(Some)
        .ok_or_else(|| ReadModel::malformed("`cats`", "holds offsets that fit no text"))
}

/// Texts end to end in one list of bytes.
fn texts(offsets: &[i64], bytes: &[f64]) -> Option<Vec<String>> {
    let bytes: Vec<u8> = bytes
        .iter()
        .map(|byte| byte_of(*byte))
        .collect::<Option<_>>()?;
    let ends: Vec<usize> = offsets
        .iter()
        .map(|offset| usize::try_from(*offset).ok())
        .collect::<Option<_>>()?;
    let mut used = 0;
    ends.windows(2)
        .map(|ends| {
            let text = bytes.get(ends[0]..ends[1])?;
            // Texts that overlap could make a small file large.
            used += text.len();
            if used > bytes.len() {
                return None;
            }
            String::from_utf8(text.to_vec()).ok()
        })
        .collect()
}

/// Bytes are written as signed numbers.
fn byte_of(value: f64) -> Option<u8> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number of eight bits"
    )]
    match value {
        _ if value.fract() != 0.0 => None,
        _ if (-128.0..0.0).contains(&value) => Some((value + 256.0) as u8),
        _ if (0.0..256.0).contains(&value) => Some(value as u8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_their_offsets() {
        let bytes = [97.0, 98.0, -61.0, -87.0];
        let cut = texts(&[0, 1, 2, 4], &bytes);
        assert_eq!(cut.unwrap(), ["a", "b", "é"]);
        assert_eq!(texts(&[0, 5], &bytes), None);
        assert_eq!(texts(&[2, 1], &bytes), None);
        assert_eq!(texts(&[0, 4, 0, 4], &bytes), None);
        assert_eq!(texts(&[0, 1], &[0.5]), None);
    }
}
