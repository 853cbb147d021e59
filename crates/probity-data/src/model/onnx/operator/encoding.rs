//! Operators of `ai.onnx.ml` that turn categories into numbers, and back.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Inputs, Made, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Shape, Tensor};

pub(super) fn operator(node: &NodeProto) -> Made {
    let attributes = Attributes::of(node);
    match node.op_type.as_str() {
        "LabelEncoder" => label_encoder(&attributes),
        "OneHotEncoder" => one_hot_encoder(&attributes),
        _ => Ok(None),
    }
}

/// A category to look for. All NaNs are one category, and so are both zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Text(Arc<str>),
    Int(i64),
    Bits(u64),
}

fn bits(value: f64) -> Key {
    Key::Bits(match value {
        x if x.is_nan() => f64::NAN.to_bits(),
        0.0 => 0.0_f64.to_bits(),
        x => x.to_bits(),
    })
}

fn keys_of(data: &Data) -> Vec<Key> {
    match data {
        Data::Text(values) => values.iter().cloned().map(Key::Text).collect(),
        Data::Int(values) => values.iter().copied().map(Key::Int).collect(),
        Data::Bool(values) => values.iter().map(|x| Key::Int(i64::from(*x))).collect(),
        Data::Float(values) => values.iter().map(|x| bits(f64::from(*x))).collect(),
        Data::Double(values) => values.iter().map(|x| bits(*x)).collect(),
    }
}

/// The place of each category; of a repeated one, the first.
fn places_of(categories: &Data) -> HashMap<Key, usize> {
    let mut places = HashMap::with_capacity(categories.len());
    for (place, key) in keys_of(categories).into_iter().enumerate() {
        places.entry(key).or_insert(place);
    }
    places
}

/// `keys_KIND` or `values_KIND`, whichever kind is there.
fn listed(attributes: &Attributes<'_>, name: &str) -> Result<Option<Data>, OperatorFault> {
    if let Some(tensor) = attributes.tensor(&format!("{name}_tensor"))? {
        return Ok(Some(tensor.data().clone()));
    }
    let texts = attributes.texts(&format!("{name}_strings"))?;
    if !texts.is_empty() {
        return Ok(Some(Data::Text(texts)));
    }
    let ints = attributes.ints(&format!("{name}_int64s"));
    if !ints.is_empty() {
        return Ok(Some(Data::Int(ints.to_vec())));
    }
    let floats = attributes.floats(&format!("{name}_floats"));
    Ok((!floats.is_empty()).then(|| Data::Float(floats.to_vec())))
}

/// What an unknown category becomes: an element of the kind of the values.
fn default_for(attributes: &Attributes<'_>, values: &Data) -> Result<Data, OperatorFault> {
    if let Some(tensor) = attributes.tensor("default_tensor")? {
        return Ok(tensor.data().clone());
    }
    Ok(match values {
        Data::Text(_) => Data::Text(vec![attributes.text("default_string", "_Unused")?.into()]),
        Data::Int(_) | Data::Bool(_) => Data::Int(vec![attributes.int("default_int64", -1)]),
        Data::Float(_) => Data::Float(vec![attributes.float("default_float", -0.0)]),
        Data::Double(_) => Data::Double(vec![f64::from(attributes.float("default_float", -0.0))]),
    })
}

/// Version 1 has the strings of the places 0, 1, … in `classes_strings` and works both ways.
fn label_encoder(attributes: &Attributes<'_>) -> Made {
    let classes = attributes.texts("classes_strings")?;
    if !classes.is_empty() {
        let numbers = (0_i64..).take(classes.len()).collect();
        let (texts, numbers) = (Data::Text(classes), Data::Int(numbers));
        let to_numbers = Lookup::new(&texts, &numbers, default_for(attributes, &numbers)?)?;
        let to_texts = Lookup::new(&numbers, &texts, default_for(attributes, &texts)?)?;
        return one(move |inputs| match inputs.get(0)?.data() {
            Data::Text(_) => to_numbers.apply(inputs.get(0)?),
            _ => to_texts.apply(inputs.get(0)?),
        });
    }
    let absent = |name: &str| OperatorFault::attribute(name, "no categories");
    let keys = listed(attributes, "keys")?.ok_or_else(|| absent("keys_*"))?;
    let values = listed(attributes, "values")?.ok_or_else(|| absent("values_*"))?;
    let lookup = Lookup::new(&keys, &values, default_for(attributes, &values)?)?;
    one(move |inputs| lookup.apply(inputs.get(0)?))
}

struct Lookup {
    places: HashMap<Key, usize>,
    /// The value of each key, and last what an unknown one becomes.
    values: Data,
}

impl Lookup {
    fn new(keys: &Data, values: &Data, unknown: Data) -> Result<Lookup, OperatorFault> {
        let mut all = values.clone();
        let added = all.extend(&unknown, 0..unknown.len().min(1));
        if keys.len() != values.len() || added.is_none() || all.len() != values.len() + 1 {
            return Err(OperatorFault::attribute(
                "values_*",
                "not one value for each key, and one for all others",
            ));
        }
        Ok(Lookup {
            places: places_of(keys),
            values: all,
        })
    }

    fn apply(&self, tensor: &Tensor) -> Result<Tensor, OperatorFault> {
        let unknown = self.values.len() - 1;
        let found = keys_of(tensor.data())
            .iter()
            .map(|key| self.places.get(key).copied().unwrap_or(unknown))
            .collect::<Vec<_>>();
        Tensor::new(tensor.dims().to_vec(), self.values.pick(&found))
    }
}

/// A new last axis of zeros, with a one in the place of the category.
fn one_hot_encoder(attributes: &Attributes<'_>) -> Made {
    let categories = attributes.labels("cats_int64s", "cats_strings")?;
    let n_categories = categories.len();
    let places = places_of(&categories);
    let unknown_is_zeros = attributes.int("zeros", 1) != 0;
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let mut dims = tensor.dims().to_vec();
        dims.push(n_categories);
        let mut values = vec![0.0_f32; Shape(dims.clone()).len()?];
        for (idx, key) in whole_keys(inputs)?.iter().enumerate() {
            match places.get(key) {
                Some(place) => values[idx * n_categories + place] = 1.0,
                None if unknown_is_zeros => {}
                None => return Err(OperatorFault::UnknownCategory),
            }
        }
        Tensor::new(dims, Data::Float(values))
    })
}

/// Categories are strings or whole numbers; other numbers are cut to those.
fn whole_keys(inputs: &Inputs<'_>) -> Result<Vec<Key>, OperatorFault> {
    let data = inputs.get(0)?.data();
    if let Data::Text(_) | Data::Int(_) = data {
        return Ok(keys_of(data));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the operator casts numbers to whole ones"
    )]
    let whole = |x: f64| Key::Int(x as i64);
    // NaN would become the category 0.
    let key = |x: f64| if x.is_nan() { bits(x) } else { whole(x) };
    Ok(inputs.numbers(0)?.into_iter().map(key).collect())
}
