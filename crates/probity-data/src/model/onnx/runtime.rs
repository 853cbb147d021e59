//! Graphs that are not evaluated here, run by an ONNX Runtime that the user names.
//!
//! A process loads one runtime, because the library keeps its state in globals.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};
use ort::value::{
    DynMap, DynMapValueType, DynSequenceValueType, DynValue, Tensor as RuntimeTensor, ValueType,
};

use super::answer::Value;
use super::error::ReadOnnx;
use super::interface::{Input, Interface};
use super::tensor::{Data, Tensor};
use crate::model::AskModel;

/// The runtime of this process, and the file that it came from.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

fn environment(library: &Path) -> Result<Environment, ReadOnnx> {
    let failed = |reason: String| ReadOnnx::Runtime {
        library: library.display().to_string(),
        reason,
    };
    let path = library
        .canonicalize()
        .map_err(|error| failed(error.to_string()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((known, environment)) if *known == path => return Ok(environment.clone()),
        Some((known, _)) => {
            let reason = format!("`{}` is loaded already", known.display());
            return Err(failed(reason));
        }
        None => {}
    }
    let builder = ort::init_from(&path).map_err(|error| failed(error.to_string()))?;
    let environment = builder.with_name("probity").with_telemetry(false).build();
    let environment = environment.map_err(|error| failed(error.to_string()))?;
    *loaded = Some((path, environment.clone()));
    Ok(environment)
}

/// A model inside of the runtime. Asked one batch at a time.
#[derive(Debug)]
pub(crate) struct RuntimeModel {
    session: Mutex<Session>,
}

impl RuntimeModel {
    pub(crate) fn load(model: &[u8], library: &Path) -> Result<RuntimeModel, ReadOnnx> {
        let environment = environment(library)?;
        let refused = |error: ort::Error| ReadOnnx::Refused {
            reason: error.to_string(),
        };
        let mut builder = Session::builder(&environment).map_err(refused)?;
        let session = builder.commit_from_memory(model).map_err(refused)?;
        Ok(RuntimeModel {
            session: Mutex::new(session),
        })
    }

    /// The outputs of the interface, in its order.
    pub(crate) fn run(
        &self,
        interface: &Interface,
        tensors: Vec<Tensor>,
    ) -> Result<Vec<Value>, AskModel> {
        let failed = |error: ort::Error| AskModel::Failed {
            reason: error.to_string(),
        };
        let inputs: Vec<(String, SessionInputValue<'_>)> = interface
            .inputs
            .iter()
            .zip(tensors)
            .map(|(input, tensor)| Ok((input.name.clone(), input_value(input, &tensor)?.into())))
            .collect::<Result<_, ort::Error>>()
            .map_err(failed)?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(inputs).map_err(failed)?;
        let values = interface.outputs.iter().map(|output| {
            let value = outputs.get(&output.name).ok_or_else(|| AskModel::Answer {
                answer: format!("without `{}`", output.name),
            })?;
            output_value(value).map_err(failed)
        });
        values.collect()
    }
}

/// The tensor in the runtime's type: numbers of the width that the model declares.
fn input_value(input: &Input, tensor: &Tensor) -> Result<DynValue, ort::Error> {
    let shape: Vec<usize> = tensor.dims().to_vec();
    Ok(match tensor.data() {
        Data::Float(values) => RuntimeTensor::from_array((shape, values.clone()))?.into_dyn(),
        Data::Double(values) => RuntimeTensor::from_array((shape, values.clone()))?.into_dyn(),
        Data::Bool(values) => RuntimeTensor::from_array((shape, values.clone()))?.into_dyn(),
        Data::Int(values) if input.code == 6 => {
            let narrow = values
                .iter()
                .map(|x| i32::try_from(*x))
                .collect::<Result<Vec<_>, _>>();
            let narrow = narrow.map_err(|error| ort::Error::new(error.to_string()))?;
            RuntimeTensor::from_array((shape, narrow))?.into_dyn()
        }
        Data::Int(values) => RuntimeTensor::from_array((shape, values.clone()))?.into_dyn(),
        Data::Text(values) => {
            let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
            RuntimeTensor::from_string_array((shape, &texts[..]))?.into_dyn()
        }
    })
}

fn output_value(value: &DynValue) -> Result<Value, ort::Error> {
    match value.dtype() {
        ValueType::Tensor { .. } => Ok(Value::Tensor(tensor_of(value)?)),
        ValueType::Sequence(_) => maps_of(value),
        other => Err(ort::Error::new(format!("an output is {other}"))),
    }
}

fn tensor_of(value: &DynValue) -> Result<Tensor, ort::Error> {
    let (shape, data) = if let Ok((shape, values)) = value.try_extract_tensor::<f32>() {
        (shape, Data::Float(values.to_vec()))
    } else if let Ok((shape, values)) = value.try_extract_tensor::<f64>() {
        (shape, Data::Double(values.to_vec()))
    } else if let Ok((shape, values)) = value.try_extract_tensor::<i64>() {
        (shape, Data::Int(values.to_vec()))
    } else if let Ok((shape, values)) = value.try_extract_tensor::<i32>() {
        (
            shape,
            Data::Int(values.iter().map(|x| i64::from(*x)).collect()),
        )
    } else if let Ok((shape, values)) = value.try_extract_tensor::<bool>() {
        (shape, Data::Bool(values.to_vec()))
    } else {
        let (shape, values) = value.try_extract_strings()?;
        (
            shape,
            Data::Text(values.into_iter().map(Into::into).collect()),
        )
    };
    let dims = shape
        .iter()
        .map(|dim| usize::try_from(*dim).unwrap_or(0))
        .collect();
    Tensor::new(dims, data).map_err(|fault| ort::Error::new(fault.to_string()))
}

/// A map from class to score for each record. A runtime keeps the classes in order, the same for
/// each record.
fn maps_of(value: &DynValue) -> Result<Value, ort::Error> {
    let maps = value.view().downcast::<DynSequenceValueType>()?;
    let mut classes = Vec::new();
    let mut scores = Vec::new();
    for map in maps.try_extract_sequence::<DynMapValueType>()? {
        let row = scores_by_class(&map)?;
        let names: Vec<String> = row.iter().map(|(class, _)| class.clone()).collect();
        if classes.is_empty() {
            classes = names;
        } else if classes != names {
            return Err(ort::Error::new("records have scores of different classes"));
        }
        scores.extend(row.into_iter().map(|(_, score)| f64::from(score)));
    }
    Ok(Value::Maps { classes, scores })
}

fn scores_by_class(map: &DynMap) -> Result<Vec<(String, f32)>, ort::Error> {
    if let Ok(row) = map.try_extract_key_values::<i64, f32>() {
        return Ok(row
            .into_iter()
            .map(|(class, score)| (class.to_string(), score))
            .collect());
    }
    map.try_extract_key_values::<String, f32>()
}
