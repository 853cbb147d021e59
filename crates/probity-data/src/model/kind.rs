//! What kind of model bytes are: by their content, and where that does not tell, by the name.
//!
//! What cannot or must not be opened is recognised too, so that the message can say what to do:
//! a pickle runs code when it is opened, and some forms are known to one library alone.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Bytes of a file that are looked at.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    XgboostJson,
    XgboostUbjson,
    LightgbmText,
    CatboostJson,
    Onnx,
}

impl ModelKind {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::XgboostJson => "XGBoost JSON",
            Self::XgboostUbjson => "XGBoost UBJSON",
            Self::LightgbmText => "LightGBM text",
            Self::CatboostJson => "CatBoost JSON",
            Self::Onnx => "ONNX",
        }
    }
}

/// A form that is known and not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) what: &'static str,
    pub(crate) advice: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recognised {
    Model(ModelKind),
    Refused(Refusal),
    Unknown,
}

const PICKLE: Refusal = Refusal {
    what: "a Python pickle, which runs code when it is opened",
    advice: "save the model itself: `model.save_model(\"model.ubj\")` for XGBoost, `model.booster_.save_model(\"model.txt\")` for LightGBM, `skl2onnx` for scikit-learn",
};
const OLD_XGBOOST: Refusal = Refusal {
    what: "a model in XGBoost's old binary form, which XGBoost 3 does not read either",
    advice: "load it with XGBoost 1.7 or 2 and save it as `model.json` or `model.ubj`",
};
const XGBOOST_DUMP: Refusal = Refusal {
    what: "a dump of XGBoost's trees, which leaves out the objective and how missing values go",
    advice: "save the model with `save_model(\"model.json\")`",
};
const LIGHTGBM_DUMP: Refusal = Refusal {
    what: "a JSON dump of LightGBM",
    advice: "save the model with `save_model(\"model.txt\")`",
};
const CATBOOST_BINARY: Refusal = Refusal {
    what: "a model in CatBoost's binary form",
    advice: "save it with `save_model(\"model.json\", format=\"json\")`",
};
const ZIPPED: Refusal = Refusal {
    what: "a zip archive, as PyTorch and Keras write",
    advice: "export the model as ONNX, or put it behind an endpoint and give its URL",
};
const HDF5: Refusal = Refusal {
    what: "an HDF5 file, as Keras writes",
    advice: "export the model as ONNX, or put it behind an endpoint and give its URL",
};
const SAVED_MODEL: Refusal = Refusal {
    what: "a TensorFlow SavedModel",
    advice: "export the model as ONNX, or put it behind an endpoint and give its URL",
};

/// `head` is the file's beginning, [`HEAD_BYTES`] of it where it is longer.
pub(crate) fn recognise(file_name: &str, head: &[u8]) -> Recognised {
    match by_content(head) {
        Recognised::Unknown => by_name(file_name, head),
        recognised => recognised,
    }
}

fn by_content(head: &[u8]) -> Recognised {
    let refused = [
        (&b"CBM1"[..], CATBOOST_BINARY),
        (b"PK\x03\x04", ZIPPED),
        (b"\x89HDF\r\n", HDF5),
        (b"binf", OLD_XGBOOST),
        (b"bs64", OLD_XGBOOST),
        (b"booster[0]:", XGBOOST_DUMP),
    ];
    if let Some((_, refusal)) = refused.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Recognised::Refused(*refusal);
    }
    match head {
        [b'{', b'L' | b'i' | b'U' | b'I' | b'l' | b'#' | b'$', ..] => {
            Recognised::Model(ModelKind::XgboostUbjson)
        }
        [0x80, 2..=5, ..] => Recognised::Refused(PICKLE),
        // A protobuf message: field 1 is the version of ONNX, then comes another of its fields.
        [
            0x08,
            1..=20,
            0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42,
            ..,
        ] => Recognised::Model(ModelKind::Onnx),
        _ if is_lightgbm_text(head) => Recognised::Model(ModelKind::LightgbmText),
        _ if is_old_xgboost(head) => Recognised::Refused(OLD_XGBOOST),
        _ => json(head),
    }
}

fn by_name(file_name: &str, head: &[u8]) -> Recognised {
    let name = file_name.rsplit('/').next().unwrap_or(file_name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "onnx" if !head.is_empty() => Recognised::Model(ModelKind::Onnx),
        "pkl" | "pickle" | "joblib" => Recognised::Refused(PICKLE),
        "deprecated" => Recognised::Refused(OLD_XGBOOST),
        _ if name == "saved_model.pb" => Recognised::Refused(SAVED_MODEL),
        _ => Recognised::Unknown,
    }
}

/// `tree`, and `version=` in the next line.
fn is_lightgbm_text(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.next() == Some(b"tree")
        && lines
            .next()
            .is_some_and(|line| line.starts_with(b"version="))
}

/// Parameters in 136 bytes, then the objective's name with its length in front.
fn is_old_xgboost(head: &[u8]) -> bool {
    let Some((length, rest)) = head.get(136..).and_then(<[u8]>::split_first_chunk) else {
        return false;
    };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    (1..64).contains(&length)
        && rest.get(..length).is_some_and(|name| {
            name.contains(&b':')
                && name
                    .iter()
                    .all(|byte| byte.is_ascii_lowercase() || *byte == b':')
        })
}

/// By the members of the outermost object, as far as the head goes.
fn json(head: &[u8]) -> Recognised {
    let found = RefCell::new(Recognised::Unknown);
    let mut reader = serde_json::Deserializer::from_slice(head);
    // The visitor ends the reading with an error as soon as it knows.
    drop(reader.deserialize_any(Members { found: &found }));
    found.into_inner()
}

struct Members<'a> {
    found: &'a RefCell<Recognised>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        while let Some(member) = members.next_key::<String>()? {
            let recognised = match member.as_str() {
                "learner" => Recognised::Model(ModelKind::XgboostJson),
                "features_info" | "model_info" | "oblivious_trees" | "scale_and_bias"
                | "ctr_data" => Recognised::Model(ModelKind::CatboostJson),
                "tree_info" | "num_tree_per_iteration" => Recognised::Refused(LIGHTGBM_DUMP),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *self.found.borrow_mut() = recognised;
            return Err(de::Error::custom("recognised"));
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<(), S::Error> {
        // XGBoost dumps a list of trees, each an object with `nodeid` first.
        let first = items.next_element_seed(FirstMember { found: self.found });
        first.map(|_| ())
    }
}

struct FirstMember<'a> {
    found: &'a RefCell<Recognised>,
}

impl<'de> de::DeserializeSeed<'de> for FirstMember<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FirstMember<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        if members.next_key::<String>()?.as_deref() == Some("nodeid") {
            *self.found.borrow_mut() = Recognised::Refused(XGBOOST_DUMP);
        }
        Err(de::Error::custom("recognised"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, head: &[u8], expected: Recognised) {
        assert_eq!(recognise(name, head), expected);
    }

    #[test]
    fn content_tells_whatever_the_name_is() {
        let model = Recognised::Model;
        let json = b" {\n \"version\": [1, 7, 6], \"learner\": {\"attr";
        check("xgboost-model", json, model(ModelKind::XgboostJson));
        check(
            "x.json",
            b"{L\0\0\0\0\0\0\0\x07learner",
            model(ModelKind::XgboostUbjson),
        );
        check(
            "x.bin",
            b"tree\r\nversion=v4\r\n",
            model(ModelKind::LightgbmText),
        );
        check(
            "x",
            b"{\"features_info\": {",
            model(ModelKind::CatboostJson),
        );
        check("x", b"\x08\x09\x12\x08skl2onnx", model(ModelKind::Onnx));
        check("model.onnx", b"\x3a\x10", model(ModelKind::Onnx));
        check("config.json", b"{\"name\": \"x\"}", Recognised::Unknown);
        check("x.txt", b"tree\nspecies=oak\n", Recognised::Unknown);
        check("x", b"", Recognised::Unknown);
    }

    #[test]
    fn what_is_not_opened_is_named() {
        let refused = Recognised::Refused;
        check("xgboost-model", b"\x80\x04\x95", refused(PICKLE));
        check("model.joblib", b"\x78\x9c", refused(PICKLE));
        check("model.bin", b"binf", refused(OLD_XGBOOST));
        let mut old = vec![0; 136];
        old.extend(15_u64.to_le_bytes());
        old.extend(b"binary:logistic");
        check("xgboost-model", &old, refused(OLD_XGBOOST));
        check(
            "dump.json",
            b"[\n  { \"nodeid\": 0, \"depth\"",
            refused(XGBOOST_DUMP),
        );
        let dump = b"{\"name\":\"tree\",\"num_tree_per_iteration\":1";
        check("dump.json", dump, refused(LIGHTGBM_DUMP));
        check("model.cbm", b"CBM1", refused(CATBOOST_BINARY));
        check("1/saved_model.pb", b"\x08\x01\x3b", refused(SAVED_MODEL));
    }
}
