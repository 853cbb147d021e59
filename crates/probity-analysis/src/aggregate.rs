//! Any [`Summary`] as a DataFusion aggregate.
//!
//! The state that travels between partitions, cores and cluster nodes is one Binary column
//! holding the summary's own versioned bytes; so is the result, which is read back by
//! whoever ran the plan. Nothing in an aggregate depends on the process that runs it.

use std::any::type_name;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};
use probity_metrics::summary::Summary;

/// The aggregate function that computes summary `S` of one column of any type.
pub(crate) fn summary_aggregate<S: Summary>() -> AggregateUDF {
    AggregateUDF::new_from_impl(SummaryAggregate::<S> {
        signature: Signature::any(1, Volatility::Immutable),
        summary: PhantomData,
    })
}

struct SummaryAggregate<S> {
    signature: Signature,
    summary: PhantomData<fn() -> S>,
}

impl<S: Summary> fmt::Debug for SummaryAggregate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SummaryAggregate({})", S::NAME)
    }
}

/// Two aggregates are the same function when they compute the same summary.
impl<S: Summary> PartialEq for SummaryAggregate<S> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<S: Summary> Eq for SummaryAggregate<S> {}

impl<S: Summary> Hash for SummaryAggregate<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        type_name::<S>().hash(state);
    }
}

impl<S: Summary> AggregateUDFImpl for SummaryAggregate<S> {
    fn name(&self) -> &str {
        S::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _argument_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format_state_name(arguments.name, "state");
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn accumulator(&self, _arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(SummaryAccumulator(S::default())))
    }
}

#[derive(Debug)]
struct SummaryAccumulator<S>(S);

impl<S: Summary> Accumulator for SummaryAccumulator<S> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0
            .update(values[0].as_ref())
            .map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(states) = states[0].as_any().downcast_ref::<BinaryArray>() else {
            return exec_err!(
                "summary states must be Binary, not {}",
                states[0].data_type()
            );
        };
        for bytes in states.iter().flatten() {
            let other =
                S::from_bytes(bytes).map_err(|error| DataFusionError::External(Box::new(error)))?;
            self.0.merge(&other);
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(Some(self.0.to_bytes()))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Binary(Some(self.0.to_bytes())))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.heap_size_bytes()
    }
}

/// The state in the first row of column `column_idx` of an aggregate's answer.
pub(crate) fn state_bytes(
    batch: &datafusion::arrow::array::RecordBatch,
    column_idx: usize,
) -> Option<&[u8]> {
    let states = batch.column(column_idx).as_binary_opt::<i32>()?;
    (!states.is_empty() && states.is_valid(0)).then(|| states.value(0))
}
