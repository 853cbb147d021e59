//! Numbers as the JVM prints them.

use probity_domain::document::JavaDouble;
use proptest::prelude::*;

use crate::golden;

#[test]
fn doubles_are_printed_as_the_jvm_prints_them() {
    let table = String::from_utf8(golden("java_double/expected.tsv")).unwrap();
    let mut checked = 0;
    for line in table.lines() {
        let (bits, expected) = line.split_once('\t').unwrap();
        let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        assert_eq!(JavaDouble(value).to_string(), expected, "bits {bits}");
        checked += 1;
    }
    assert!(checked > 1_500, "only {checked} doubles in the table");
}

proptest! {
    #[test]
    fn a_printed_double_reads_back_as_itself(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = JavaDouble(value).to_string();
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits, "{}", text);
    }
}
