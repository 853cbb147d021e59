//! The confusion matrix of model-quality files: `{actual: {predicted: rows}}`, with every
//! class in both places.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number::count;

/// Rows by actual and predicted class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// In the order of the file.
    pub classes: Vec<String>,
    /// `rows[actual][predicted]`, both as positions in `classes`.
    pub rows: Vec<Vec<u64>>,
}

impl Serialize for ConfusionMatrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.classes.len()))?;
        for (actual, rows) in self.classes.iter().zip(&self.rows) {
            map.serialize_entry(
                actual,
                &Row {
                    classes: &self.classes,
                    rows,
                },
            )?;
        }
        map.end()
    }
}

struct Row<'a> {
    classes: &'a [String],
    rows: &'a [u64],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.classes.iter().zip(self.rows))
    }
}

impl<'de> Deserialize<'de> for ConfusionMatrix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ConfusionMatrix, D::Error> {
        let Entries(outer) = Entries::<Entries<Count>>::deserialize(deserializer)?;
        let mut classes: Vec<String> = Vec::with_capacity(outer.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        let inner = outer
            .iter()
            .flat_map(|(_, row)| row.0.iter().map(|(name, _)| name));
        // A class that was never predicted, or never seen, may stand in one place only.
        for name in outer.iter().map(|(name, _)| name).chain(inner) {
            if !places.contains_key(name) {
                places.insert(name.clone(), classes.len());
                classes.push(name.clone());
            }
        }
        let mut rows = vec![vec![0; classes.len()]; classes.len()];
        for (actual, Entries(row)) in &outer {
            for (predicted, Count(found)) in row {
                rows[places[actual]][places[predicted]] = *found;
            }
        }
        Ok(ConfusionMatrix { classes, rows })
    }
}

#[derive(Deserialize)]
struct Count(#[serde(with = "count")] u64);

/// The members of an object in their order.
struct Entries<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<T>, D::Error> {
        struct EntriesVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of classes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_stands_in_one_place_only_has_no_other_rows() {
        let json = r#"{"1": {"1": 3.0, "2": 1}}"#;
        let matrix: ConfusionMatrix = serde_json::from_str(json).unwrap();
        assert_eq!(matrix.classes, ["1", "2"]);
        assert_eq!(matrix.rows, [[3, 1], [0, 0]]);
    }

    #[test]
    fn a_matrix_is_written_as_it_was_read() {
        let json = r#"{"b":{"b":1,"a":2},"a":{"b":0,"a":1}}"#;
        let matrix: ConfusionMatrix = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&matrix).unwrap(), json);
    }
}
