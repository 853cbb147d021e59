//! Numbers of documents as the JVM writes and other programs re-write them: a double that
//! is not finite is a string with Java's name, a count may have gained a `.0`.
//!
//! For `#[serde(with = "…")]`.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::java_double::{non_finite_name, non_finite_value};

/// A double in its written form.
struct Double(f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match non_finite_name(self.0) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Double, D::Error> {
        deserializer.deserialize_any(DoubleVisitor)
    }
}

struct DoubleVisitor;

impl Visitor<'_> for DoubleVisitor {
    type Value = Double;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Double, E> {
        Ok(Double(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Double, E> {
        Ok(Double(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Double, E> {
        Ok(Double(value as f64))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Double, E> {
        let value = non_finite_value(name);
        value
            .map(Double)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
    }
}

/// A member that is always there.
pub(crate) mod double {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Double;

    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Double(*value).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Double::deserialize(deserializer).map(|double| double.0)
    }
}

/// A member that may be absent or null.
pub(crate) mod optional_double {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Double;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Double).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Double>::deserialize(deserializer)?.map(|double| double.0))
    }
}

/// A number that may not exist, which SageMaker writes as the text `"NaN"`.
pub(crate) mod double_or_nan {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Double;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Double(value.unwrap_or(f64::NAN)).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        let value = Option::<Double>::deserialize(deserializer)?;
        Ok(value.map(|double| double.0).filter(|value| !value.is_nan()))
    }
}

/// The coordinates of a curve.
pub(crate) mod double_list {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Double;

    pub(crate) fn serialize<S: Serializer>(list: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|value| Double(*value)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<f64>, D::Error> {
        let list = Vec::<Double>::deserialize(deserializer)?;
        Ok(list.into_iter().map(|double| double.0).collect())
    }
}

/// Doubles by name, in the order of the file.
pub(crate) mod named_doubles {
    use serde::ser::SerializeMap;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Double;
    use crate::document::ordered_map::OrderedMap;

    pub(crate) fn serialize<S: Serializer>(
        pairs: &[(String, f64)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(pairs.len()))?;
        for (name, value) in pairs {
            map.serialize_entry(name, &Double(*value))?;
        }
        map.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, f64)>, D::Error> {
        let pairs = OrderedMap::<Double>::deserialize(deserializer)?.0;
        Ok(pairs
            .into_iter()
            .map(|(name, value)| (name, value.0))
            .collect())
    }
}

/// The levels of a sketch.
pub(crate) mod double_lists {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Double;

    struct List<'a>(&'a [f64]);

    impl Serialize for List<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0.iter().map(|value| Double(*value)))
        }
    }

    pub(crate) fn serialize<S: Serializer>(
        lists: &[Vec<f64>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(lists.iter().map(|list| List(list)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<f64>>, D::Error> {
        let lists = Vec::<Vec<Double>>::deserialize(deserializer)?;
        Ok(lists
            .into_iter()
            .map(|list| list.into_iter().map(|double| double.0).collect())
            .collect())
    }
}

/// A whole number that some programs write as a double.
pub(crate) mod count {
    use serde::de::{Error, Unexpected};
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Double;

    /// Beyond 2^53 a double no longer tells neighbouring counts apart.
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

    pub(crate) fn serialize<S: Serializer>(count: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*count)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let number = Double::deserialize(deserializer)?.0;
        if !(0.0..=LARGEST_EXACT).contains(&number) || number.fract() != 0.0 {
            return Err(D::Error::invalid_value(
                Unexpected::Float(number),
                &"a count",
            ));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number between 0 and 2^53"
        )]
        let count = number as u64;
        Ok(count)
    }
}
