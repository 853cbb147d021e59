//! What a run is, in 32 bytes: the same data, model and settings have the same key, whatever
//! the number of threads.

use datafusion::arrow::array::{Array, ArrayData, RecordBatch};
use sha2::{Digest, Sha256};

use super::checkpoint::RunKey;

/// Gathers what the numbers of a run follow from.
#[derive(Clone)]
pub(super) struct KeyOfRun(Sha256);

impl KeyOfRun {
    pub(super) fn new(program: &str) -> KeyOfRun {
        KeyOfRun(Sha256::new()).text(program)
    }

    pub(super) fn text(mut self, text: &str) -> KeyOfRun {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    pub(super) fn numbers(mut self, numbers: impl IntoIterator<Item = u64>) -> KeyOfRun {
        for number in numbers {
            self.0.update(number.to_le_bytes());
        }
        self.text("end")
    }

    pub(super) fn table(mut self, table: &RecordBatch) -> KeyOfRun {
        for (field, column) in table.schema().fields().iter().zip(table.columns()) {
            self = self.text(field.name()).data(&column.to_data());
        }
        self.text("end")
    }

    fn data(mut self, data: &ArrayData) -> KeyOfRun {
        self = self.text(&data.data_type().to_string());
        self.0.update((data.len() as u64).to_le_bytes());
        self.0.update((data.offset() as u64).to_le_bytes());
        if let Some(nulls) = data.nulls() {
            for is_null in nulls {
                self.0.update([u8::from(is_null)]);
            }
        }
        for buffer in data.buffers() {
            self.0.update((buffer.len() as u64).to_le_bytes());
            self.0.update(buffer.as_slice());
        }
        for child in data.child_data() {
            self = self.data(child);
        }
        self
    }

    pub(super) fn finish(self) -> RunKey {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use datafusion::arrow::array::{ArrayRef, Int64Array};

    #[test]
    fn a_key_tells_tables_apart() {
        let key = |values: Vec<Option<i64>>| {
            let column: ArrayRef = Arc::new(Int64Array::from(values));
            let table = RecordBatch::try_from_iter([("a", column)]).unwrap();
            KeyOfRun::new("x").table(&table).finish()
        };
        assert_eq!(key(vec![Some(1), None]), key(vec![Some(1), None]));
        assert_ne!(key(vec![Some(1), None]), key(vec![Some(1), Some(0)]));
        assert_ne!(key(vec![Some(1)]), key(vec![Some(2)]));
    }
}
