//! The values of a configuration: with their JSON type, since `1` and `"1"` are different
//! categories, and the names that a key allows.

use serde::{Serialize, Serializer};

/// A label or facet value, or a threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ConfigValue {
    Integer(i64),
    Float(f64),
    Text(String),
    /// Not in the guide, but the columns of JSON and Parquet have such values.
    Boolean(bool),
}

/// A column by its name, or by its place from zero. In JSON and JSON Lines the name of a
/// label or prediction is a JMESPath expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum ColumnReference {
    Name(String),
    Index(usize),
}

impl ColumnReference {
    /// `` `age` `` or `column 3`.
    pub fn told(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Index(index) => format!("column {index}"),
        }
    }
}

/// A value out of a few, with the spellings that are read; the first one is written.
pub(super) trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];

    fn written_name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        let found = names.find(|(_, value)| *value == self);
        found.expect("`NAMES` holds every value").0
    }
}

/// Written by its name.
pub(super) fn serialize_name<T: Named, S: Serializer>(
    value: T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.written_name())
}

/// An enum with the name of every variant, and further spellings that are read.
macro_rules! named_values {
    ($(#[$about:meta])* pub enum $type:ident {
        $($(#[$note:meta])* $variant:ident = $name:literal $(| $other:literal)*,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$note])* $variant,)+
        }

        impl $type {
            /// As the file spells it.
            pub fn name(self) -> &'static str {
                $crate::document::analysis_config::value::Named::written_name(self)
            }
        }

        impl $crate::document::analysis_config::value::Named for $type {
            const NAMES: &'static [(&'static str, $type)] = &[
                $(($name, $type::$variant), $(($other, $type::$variant),)*)+
            ];
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::document::analysis_config::value::serialize_name(*self, serializer)
            }
        }
    };
}

pub(super) use named_values;
