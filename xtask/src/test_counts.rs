//! Reads how many tests passed and failed from what test programs print: cargo test
//! (libtest), cargo nextest, and the `ok`/`not ok` lines of the drivers in `compat/`
//! (Test Anything Protocol, version 13, without the numbers).

use std::ops::AddAssign;

/// Tests that ran to an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Sums every `test result:` line of libtest.
pub(crate) fn of_cargo_test(text: &str) -> Counts {
    let mut total = Counts::default();
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with("test result:"))
    {
        total += Counts {
            passed: number_before(line, "passed"),
            failed: number_before(line, "failed"),
        };
    }
    total
}

/// Reads the one `Summary` line of nextest. A test that timed out counts as failed.
pub(crate) fn of_nextest(text: &str) -> Counts {
    let summary = text
        .lines()
        .rev()
        .find(|line| line.trim_start().starts_with("Summary ["));
    summary.map_or_else(Counts::default, |line| Counts {
        passed: number_before(line, "passed"),
        failed: number_before(line, "failed")
            + number_before(line, "timed out")
            + number_before(line, "exec failed"),
    })
}

/// Counts the lines of a driver.
pub(crate) fn of_driver(text: &str) -> Counts {
    let starting =
        |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).count() as u64;
    Counts {
        passed: starting("ok "),
        failed: starting("not ok "),
    }
}

/// What a driver could not try, from its `skip …` lines.
pub(crate) fn skipped_by_driver(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("skip "))
        .map(str::to_owned)
        .collect()
}

/// The number right before a word: 12 in `12 passed`.
fn number_before(line: &str, word: &str) -> u64 {
    let Some(end) = line.find(&format!(" {word}")) else {
        return 0;
    };
    let digits = line[..end]
        .rsplit(|character: char| !character.is_ascii_digit())
        .next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(actual: Counts, passed: u64, failed: u64) {
        assert_eq!(actual, Counts { passed, failed });
    }

    #[test]
    fn libtest_results_of_several_binaries_add_up() {
        let text = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\n\
                    test result: FAILED. 11 passed; 2 failed; 1 ignored\n";
        check(of_cargo_test(text), 14, 2);
    }

    #[test]
    fn nextest_summary_is_read_with_its_failures() {
        let text = "     Summary [  12.3s] 120 tests run: 117 passed (1 slow), 2 failed, 1 timed out, 4 skipped\n";
        check(of_nextest(text), 117, 3);
    }

    #[test]
    fn nextest_exec_failures_are_failures() {
        check(
            of_nextest("  Summary [ 0.1s] 2 tests run: 1 passed, 1 exec failed, 0 skipped"),
            1,
            1,
        );
    }

    #[test]
    fn output_without_a_summary_counts_nothing() {
        check(of_nextest("error: could not compile"), 0, 0);
        check(of_cargo_test("error: could not compile"), 0, 0);
    }

    #[test]
    fn driver_lines_are_counted_by_their_first_word() {
        let text =
            "ok baseline writes four files\nnot ok check: exit code 3\nok again\nokay then\n";
        check(of_driver(text), 2, 1);
    }

    #[test]
    fn driver_says_what_it_skipped() {
        assert_eq!(
            skipped_by_driver("skip azurite: no node\nok x\n"),
            ["azurite: no node"]
        );
    }
}
