//! Sorting for the sketch's compactor, which is where most of a scan's time goes.
//!
//! Level 0 holds a few thousand numbers in order of arrival. One pass spreads them over
//! buckets of equal width, about one number in each, and each bucket is sorted by itself:
//! linear for a smooth distribution, and no worse than the standard sort for any other.

/// Below this the standard sort is faster.
const SMALL: usize = 128;

/// Buckets up to this size are sorted by insertion.
const SMALL_BUCKET: usize = 24;

/// Sorts finite numbers without negative zeros.
pub(crate) fn sort_block(values: &mut [f64]) {
    if values.len() < SMALL || values.is_sorted() {
        values.sort_unstable_by(f64::total_cmp);
        return;
    }
    let (mut min, mut max) = (values[0], values[0]);
    for &value in values.iter() {
        min = if value < min { value } else { min };
        max = if value > max { value } else { max };
    }
    let n_buckets = values.len();
    let scale = (n_buckets - 1) as f64 / (max - min);
    if !scale.is_finite() || scale <= 0.0 {
        values.sort_unstable_by(f64::total_cmp);
        return;
    }
    spread(values, n_buckets, |value| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of buckets; a cast saturates"
        )]
        let bucket = ((value - min) * scale) as u32;
        bucket
    });
}

/// Sorts concatenated sorted runs, as the upper levels are: the stable sort finds and merges
/// them.
pub(crate) fn sort_runs(values: &mut [f64]) {
    values.sort_by(f64::total_cmp);
}

/// `bucket_of` must rise with the value.
fn spread(values: &mut [f64], n_buckets: usize, bucket_of: impl Fn(f64) -> u32) {
    let last = u32::try_from(n_buckets - 1).unwrap_or(u32::MAX);
    let buckets: Vec<u32> = values
        .iter()
        .map(|value| bucket_of(*value).min(last))
        .collect();
    let mut ends = vec![0u32; n_buckets];
    for &bucket in &buckets {
        ends[bucket as usize] += 1;
    }
    let mut start = 0;
    for end in &mut ends {
        let length = *end;
        *end = start;
        start += length;
    }
    let unsorted = values.to_vec();
    for (&value, &bucket) in unsorted.iter().zip(&buckets) {
        let place = &mut ends[bucket as usize];
        values[*place as usize] = value;
        *place += 1;
    }
    let mut start = 0;
    for end in ends {
        let end = end as usize;
        if end - start > 1 {
            sort_bucket(&mut values[start..end]);
        }
        start = end;
    }
}

fn sort_bucket(values: &mut [f64]) {
    if values.len() > SMALL_BUCKET {
        values.sort_unstable_by(f64::total_cmp);
        return;
    }
    for i in 1..values.len() {
        let value = values[i];
        let mut at = i;
        while at > 0 && values[at - 1] > value {
            values[at] = values[at - 1];
            at -= 1;
        }
        values[at] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: Vec<f64>) {
        let mut expected = values.clone();
        expected.sort_by(f64::total_cmp);
        let mut found = values.clone();
        sort_block(&mut found);
        assert!(
            found
                .iter()
                .map(|x| x.to_bits())
                .eq(expected.iter().map(|x| x.to_bits()))
        );
        let mut found = values;
        sort_runs(&mut found);
        assert!(
            found
                .iter()
                .map(|x| x.to_bits())
                .eq(expected.iter().map(|x| x.to_bits()))
        );
    }

    fn scattered(i: u32) -> f64 {
        f64::from(i.wrapping_mul(2_654_435_761) % 100_003)
    }

    #[test]
    fn any_distribution_is_sorted() {
        check((0..2_050).map(scattered).collect());
        check((0..2_050).map(|i| scattered(i) % 7.0).collect());
        check((0..2_050).map(|i| (scattered(i) / 100.0).exp()).collect());
        check((0..2_050).map(|i| 1.0 / (1.0 + scattered(i))).collect());
        check((0..2_050).rev().map(f64::from).collect());
        check(vec![3.0; 500]);
        check((0..10).map(scattered).collect());
    }

    #[test]
    fn extreme_ranges_are_sorted() {
        check(
            (0..500)
                .map(|i| if i % 2 == 0 { f64::MAX } else { -f64::MAX })
                .collect(),
        );
        check((0..500).map(|i| f64::from(i * 7 % 500) * 5e-324).collect());
        let one_outlier = |i| if i == 250 { 1e300 } else { scattered(i) };
        check((0..500).map(one_outlier).collect());
    }
}
