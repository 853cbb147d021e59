//! Attributes of a node by name, with their defaults.

use std::sync::Arc;

use super::error::OperatorFault;
use super::message::{AttributeProto, NodeProto};
use super::tensor::{Data, Tensor, text_of};

pub(crate) struct Attributes<'a> {
    all: &'a [AttributeProto],
}

impl<'a> Attributes<'a> {
    pub(crate) fn of(node: &'a NodeProto) -> Attributes<'a> {
        Attributes {
            all: &node.attribute,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a AttributeProto> {
        self.all.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn int(&self, name: &str, default: i64) -> i64 {
        self.get(name).map_or(default, |attribute| attribute.i)
    }

    pub(crate) fn float(&self, name: &str, default: f32) -> f32 {
        self.get(name).map_or(default, |attribute| attribute.f)
    }

    /// Empty where absent.
    pub(crate) fn ints(&self, name: &str) -> &'a [i64] {
        self.get(name).map_or(&[], |attribute| &attribute.ints)
    }

    pub(crate) fn floats(&self, name: &str) -> &'a [f32] {
        self.get(name).map_or(&[], |attribute| &attribute.floats)
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<Arc<str>>, OperatorFault> {
        let strings = self
            .get(name)
            .map_or(&[][..], |attribute| &attribute.strings);
        strings
            .iter()
            .map(|bytes| text_of(bytes))
            .collect::<Option<_>>()
            .ok_or_else(|| OperatorFault::attribute(name, "a string is not UTF-8"))
    }

    pub(crate) fn text(&self, name: &str, default: &'a str) -> Result<&'a str, OperatorFault> {
        match self.get(name) {
            None => Ok(default),
            Some(attribute) => std::str::from_utf8(&attribute.s)
                .map_err(|_| OperatorFault::attribute(name, "the string is not UTF-8")),
        }
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Option<Tensor>, OperatorFault> {
        let message = self.get(name).and_then(|attribute| attribute.t.as_deref());
        let Some(message) = message else {
            return Ok(None);
        };
        Tensor::of_message(message)
            .map(Some)
            .map_err(|fault| OperatorFault::attribute(name, fault.to_string()))
    }

    /// Numbers that are given as a list of float32 or, more exactly, as the tensor
    /// `NAME_as_tensor`; and whether the tensor holds numbers of 64 bits.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>, OperatorFault> {
        let exact = format!("{name}_as_tensor");
        if let Some(tensor) = self.tensor(&exact)? {
            return tensor
                .to_f64()
                .ok_or_else(|| OperatorFault::attribute(&exact, "strings instead of numbers"));
        }
        Ok(self.floats(name).iter().map(|x| f64::from(*x)).collect())
    }

    /// Class labels: whole numbers under one name, or strings under the other.
    pub(crate) fn labels(&self, ints: &str, texts: &str) -> Result<Data, OperatorFault> {
        let texts = self.texts(texts)?;
        if texts.is_empty() {
            return Ok(Data::Int(self.ints(ints).to_vec()));
        }
        Ok(Data::Text(texts))
    }
}
