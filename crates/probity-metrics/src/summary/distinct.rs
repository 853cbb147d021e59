//! The number of distinct values: HyperLogLog on 64-bit hashes.
//!
//! Flajolet, Fusy, Gandouet, Meunier (2007), with the estimator of Ertl, "New cardinality
//! estimation algorithms for HyperLogLog sketches" (2017), algorithm 6, which needs neither
//! bias tables nor a switch to linear counting. While values are few they are counted exactly
//! by the table beside it (`values.rs`).

use super::ReadState;
use super::state::{StateReader, StateWriter};

/// Bits of a hash that choose the register.
const PRECISION: u32 = 12;
const N_REGISTERS: usize = 1 << PRECISION;
/// Largest register: one more than the bits left to count zeros in.
const LARGEST_REGISTER: u8 = 64 - 12 + 1;

/// Of the registers, which are all that the summary owns beside itself.
pub(crate) const HEAP_SIZE_BYTES: usize = N_REGISTERS;

/// Relative standard error of the estimate: `1.04 / √4096`, 1.6 %.
pub const RELATIVE_STANDARD_ERROR: f64 = 0.016_25;

/// Registers of 4,096 bytes. Merging is exact: registers of the parts give those of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HyperLogLog {
    registers: Box<[u8; N_REGISTERS]>,
}

impl Default for HyperLogLog {
    fn default() -> Self {
        Self {
            registers: Box::new([0; N_REGISTERS]),
        }
    }
}

impl HyperLogLog {
    /// `hash` must be uniform over 64 bits.
    #[inline]
    pub fn insert(&mut self, hash: u64) {
        let index = (hash >> (64 - PRECISION)) as usize;
        // The sentinel bit ends the run of zeros of a hash whose other bits are all zero.
        let rest = (hash << PRECISION) | (1 << (PRECISION - 1));
        #[expect(clippy::cast_possible_truncation, reason = "at most 53")]
        let rank = rest.leading_zeros() as u8 + 1;
        let register = &mut self.registers[index];
        if rank > *register {
            *register = rank;
        }
    }

    pub(crate) fn insert_all(&mut self, hashes: &[u64]) {
        for &hash in hashes {
            self.insert(hash);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.registers.iter_mut().zip(other.registers.iter()) {
            *ours = (*ours).max(*theirs);
        }
    }

    pub fn estimate(&self) -> f64 {
        let mut histogram = [0u32; LARGEST_REGISTER as usize + 1];
        for &register in self.registers.iter() {
            histogram[usize::from(register)] += 1;
        }
        let m = N_REGISTERS as f64;
        let largest = usize::from(LARGEST_REGISTER);
        let mut z = m * tau(1.0 - f64::from(histogram[largest]) / m);
        for &count in histogram[1..largest].iter().rev() {
            z = 0.5 * (z + f64::from(count));
        }
        z += m * sigma(f64::from(histogram[0]) / m);
        m * m / (2.0 * std::f64::consts::LN_2 * z)
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        writer.raw(self.registers.as_slice());
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let found = reader.raw(N_REGISTERS)?;
        if found.iter().any(|register| *register > LARGEST_REGISTER) {
            return Err(ReadState::Damaged {
                what: "a distinct-count register is too large",
            });
        }
        let mut sketch = Self::default();
        sketch.registers.copy_from_slice(found);
        Ok(sketch)
    }
}

/// Ertl's σ: `x + Σ x^(2^k) 2^(k−1)`.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let next = z + x * y;
        if next <= z {
            return z;
        }
        z = next;
        y += y;
    }
}

/// Ertl's τ: `(1 − x − Σ (1 − x^(2^−k))² 2^−k) / 3`.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        y *= 0.5;
        let next = z - (1.0 - x) * (1.0 - x) * y;
        if next >= z {
            return z / 3.0;
        }
        z = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::hash::hash_integer;

    #[test]
    fn nothing_is_none() {
        assert!(HyperLogLog::default().estimate().abs() < f64::EPSILON);
    }

    #[test]
    fn repeated_hashes_change_nothing() {
        let mut once = HyperLogLog::default();
        once.insert(hash_integer(5));
        let mut twice = once.clone();
        twice.insert(hash_integer(5));
        assert_eq!(once, twice);
        assert!((once.estimate() - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_hash_of_zeros_fills_a_register_to_its_largest() {
        let mut sketch = HyperLogLog::default();
        sketch.insert(0);
        assert_eq!(sketch.registers[0], LARGEST_REGISTER);
    }

    #[test]
    fn parts_merge_into_the_registers_of_the_whole() {
        let (mut whole, mut left, mut right) = (
            HyperLogLog::default(),
            HyperLogLog::default(),
            HyperLogLog::default(),
        );
        for i in 0..10_000 {
            whole.insert(hash_integer(i));
            if i % 3 == 0 {
                left.insert(hash_integer(i))
            } else {
                right.insert(hash_integer(i))
            }
        }
        left.merge(&right);
        assert_eq!(left, whole);
    }
}
