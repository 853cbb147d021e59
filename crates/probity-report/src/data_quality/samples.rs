//! Samples of every kind of report: each is rendered in the tests, and looked at when the page
//! changes.

use probity_domain::document::constraint_violations::{ConstraintCheckType, ConstraintViolations};
use probity_domain::document::constraints::{
    Constraints, DistributionConstraints, MonitoringConfig,
};
use probity_domain::document::probity_file::{ConstraintEdit, CorrectedViolation, ProbityFile};
use probity_domain::document::statistics::Statistics;

use super::DataQualityReport;
use super::sample_data::{Column, Values, check, constraints, profile};

/// The documents of one report.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: &'static str,
    pub statistics: Statistics,
    pub baseline: Option<Statistics>,
    pub probity: ProbityFile,
    pub constraints: Option<Constraints>,
    pub violations: Option<ConstraintViolations>,
}

impl Sample {
    pub fn report(&self) -> DataQualityReport<'_> {
        DataQualityReport {
            statistics: &self.statistics,
            baseline: self.baseline.as_ref(),
            probity: &self.probity,
            constraints: self.constraints.as_ref(),
            violations: self.violations.as_ref(),
        }
    }

    /// A check of so many columns, with sketches as full as they get.
    pub fn wide(columns: usize, sketch_items: usize) -> Self {
        let mut random = Random(7);
        let columns: Vec<Column> = (0..columns)
            .map(|index| {
                let shift = if index.is_multiple_of(9) { 0.4 } else { 0.0 };
                let name = format!("sensor_reading_{index:05}");
                if index % 4 == 3 {
                    let shares = |extra: u64| {
                        Values::Categories(
                            (0..100)
                                .map(|i| (format!("category {i}"), 4000 / (i + 1) + extra * i))
                                .collect(),
                        )
                    };
                    return Column::new(
                        &name,
                        (shares(0), 12),
                        (shares(u64::from(index.is_multiple_of(11))), 15),
                    );
                }
                let mut numbers = |shift: f64| Values::Numbers {
                    level: 6,
                    values: (0..sketch_items)
                        .map(|_| 20.0 + 3.0 * (random.normal() + shift))
                        .collect(),
                };
                Column::new(&name, (numbers(0.0), 40), (numbers(shift), 35))
            })
            .collect();
        check("wide", "readings/*.parquet", &columns)
    }
}

impl Sample {
    /// The heaviest check of so many columns: each is numeric with a full sketch and long tails,
    /// has a long name, moved, and lost values.
    pub fn all_moved(columns: usize, sketch_items: usize) -> Self {
        let mut random = Random(9);
        let columns: Vec<Column> = (0..columns)
            .map(|index| {
                let name = format!("customer_account_balance_after_adjustment_{index:05}");
                // So wide that bins of 1, 2 or 5 × 10ⁿ are as many as they get.
                let scale = 1.5 * 10.0_f64.powi(i32::try_from(index % 9).unwrap_or(0) - 3);
                let mut numbers = |shift: f64| Values::Numbers {
                    level: 6,
                    values: (0..sketch_items)
                        .map(|_| {
                            let tail = random.normal().powi(3);
                            scale * (-41.7 + random.normal() + shift + 0.3 * tail)
                        })
                        .collect(),
                };
                Column::new(&name, (numbers(0.0), 1_240), (numbers(0.9), 70_350))
            })
            .collect();
        check("all-moved", "accounts/2026-11-*.parquet", &columns)
    }
}

/// Every kind of report that the page must show well.
pub fn samples() -> Vec<Sample> {
    vec![
        drift(),
        clean(),
        baseline(),
        profile("profile", "readings.csv", &loans(0.0)[..3]),
        verdicts_differ(),
        awkward(),
        too_few_rows(),
        no_rows(),
        nothing_tested(),
        one_row(),
        profile("no-columns", "empty.csv", &[]),
    ]
}

/// Splitmix64 (Steele, Lea, Flood 2014): samples look the same on every machine.
struct Random(u64);

impl Random {
    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits are what a double holds"
    )]
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sum of twelve uniforms: mean 0, variance 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn numbers(&mut self, n: usize, make: impl Fn(&mut Self) -> f64) -> Values {
        Values::Numbers {
            level: 2,
            values: (0..n).map(|_| make(self)).collect(),
        }
    }

    /// A side of `rows` rows, some of them missing.
    fn side(
        &mut self,
        rows: usize,
        missing: usize,
        make: impl Fn(&mut Self) -> f64,
    ) -> (Values, u64) {
        let values = (0..rows - missing).map(|_| make(self)).collect();
        (Values::Numbers { level: 0, values }, missing as u64)
    }
}

fn categories(counts: &[(&str, u64)]) -> Values {
    Values::Categories(
        counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect(),
    )
}

fn texts(n: u64) -> Values {
    let frequent = [
        ("no comment", 212),
        ("see attached", 41),
        ("called back", 17),
    ];
    Values::ManyTexts {
        n,
        frequent: frequent
            .map(|(text, count)| (text.to_owned(), count))
            .to_vec(),
    }
}

fn euros(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Loan applications: the population became younger and poorer, and one field broke.
#[expect(clippy::too_many_lines, reason = "a list of columns, not logic")]
fn loans(is_drifted: f64) -> Vec<Column> {
    let mut r = Random(2024);
    let (n, m) = (10_000, 4_800);
    let d = is_drifted;
    let income =
        |shift: f64| move |r: &mut Random| euros((10.35 + shift + 0.45 * r.normal()).exp());
    let age = |shift: f64| {
        move |r: &mut Random| (42.0 + shift + 11.0 * r.normal()).clamp(18.0, 84.0).round()
    };
    let score = |r: &mut Random| (690.0 + 62.0 * r.normal()).clamp(300.0, 850.0).round();
    let rate = |shift: f64| move |r: &mut Random| euros(6.4 + shift + 1.3 * r.normal().abs());
    let amount = |r: &mut Random| ((9.2 + 0.7 * r.normal()).exp() / 100.0).round() * 100.0;
    let years = |r: &mut Random| (10.9 * r.uniform() * r.uniform().sqrt()).floor();
    let utilisation = |r: &mut Random| (0.42 + 0.2 * r.normal()).clamp(0.0, 1.3);
    let delinquent = |rate: f64| move |r: &mut Random| if r.uniform() < rate { 1.0 } else { 0.0 };
    let pick = |clean: u64, drifted: u64| if d > 0.5 { drifted } else { clean };
    let mut columns = vec![
        Column::new("age", r.side(n, 0, age(0.0)), r.side(m, 0, age(-4.2 * d))),
        Column::new(
            "annual_income",
            r.side(n, 31, income(0.0)),
            r.side(m, 18, income(-0.38 * d)),
        ),
        Column::new("credit_score", r.side(n, 4, score), r.side(m, 2, score)),
        Column::new("loan_amount", r.side(n, 0, amount), r.side(m, 0, amount)),
        Column::new(
            "interest_rate",
            r.side(n, 0, rate(0.0)),
            r.side(m, 0, rate(0.12 * d)),
        ),
        Column::new(
            "employment_years",
            r.side(n, 210, years),
            r.side(m, if d > 0.5 { 1_121 } else { 101 }, years),
        ),
        Column::new(
            "card_utilisation",
            r.side(n, 55, utilisation),
            r.side(m, 25, utilisation),
        ),
        Column::new(
            "had_delinquency",
            r.side(n, 0, delinquent(0.11)),
            r.side(m, 0, delinquent(0.11 + 0.03 * d)),
        ),
    ];
    columns.push(Column::new(
        "home_ownership",
        (
            categories(&[("mortgage", 4_810), ("rent", 3_950), ("own", 1_240)]),
            0,
        ),
        (
            categories(&[
                ("rent", pick(1_900, 2_670)),
                ("mortgage", pick(2_310, 1_540)),
                ("own", 590),
            ]),
            0,
        ),
    ));
    let purposes = [
        ("debt consolidation", 4_420),
        ("credit card", 2_110),
        ("home improvement", 1_020),
        ("car", 640),
        ("medical", 520),
        ("small business", 410),
        ("moving", 330),
        ("holiday", 260),
        ("wedding", 170),
        ("other", 120),
    ];
    let current: Vec<(&str, u64)> = purposes
        .iter()
        .map(|(name, count)| (*name, count * 48 / 100))
        .collect();
    columns.push(Column::new(
        "purpose",
        (categories(&purposes), 0),
        (categories(&current), 0),
    ));
    let mut channels = vec![
        ("branch", pick(1_920, 1_850)),
        ("web", pick(1_810, 1_720)),
        ("partner", 1_070),
    ];
    if d > 0.0 {
        channels.push(("mobile_app", 160));
    }
    columns.push(Column::new(
        "channel",
        (
            categories(&[("branch", 4_020), ("web", 3_780), ("partner", 2_200)]),
            0,
        ),
        (categories(&channels), 0),
    ));
    columns.push(Column::new(
        "officer_note",
        (texts(9_420), 580),
        (texts(4_510), 290),
    ));
    columns
}

fn drift() -> Sample {
    let mut sample = check("drift", "applications-2026-11.csv", &loans(1.0));
    sample.probity.history.push(ConstraintEdit {
        at: "2026-11-03T09:12:44Z".to_owned(),
        who: "j.doe".to_owned(),
        why: Some("rates move with the market".to_owned()),
        feature: Some("interest_rate".to_owned()),
        setting: "distribution_constraints.comparison_threshold".to_owned(),
        old: 0.1.into(),
        new: 0.15.into(),
    });
    sample
}

fn clean() -> Sample {
    check("clean", "applications-2026-10.csv", &loans(0.0))
}

fn baseline() -> Sample {
    let mut sample = profile("baseline", "s3://lending/train/2026/*.parquet", &loans(0.0));
    let mut constraints = constraints(&sample.statistics);
    for feature in &mut constraints.features {
        if feature.name == "interest_rate" {
            feature.monitoring_config_overrides = Some(MonitoringConfig {
                distribution_constraints: Some(DistributionConstraints {
                    comparison_threshold: Some(0.15),
                    ..DistributionConstraints::default()
                }),
                ..MonitoringConfig::default()
            });
        }
    }
    sample.constraints = Some(constraints);
    sample
}

/// One column beyond the limit by chance, one within it that moved more than chance explains.
fn verdicts_differ() -> Sample {
    let mut sample = check("verdicts-differ", "applications-2026-11.csv", &loans(1.0));
    if let Some(check) = &mut sample.probity.check {
        "corrected".clone_into(&mut check.verdict);
        check
            .corrected_violations
            .retain(|violation| violation.feature_name != "home_ownership");
        let named = [("interest_rate", 0.0003), ("purpose", 0.012)];
        check
            .corrected_violations
            .extend(named.map(|(name, p_adjusted)| CorrectedViolation {
                feature_name: name.to_owned(),
                constraint_check_type: ConstraintCheckType::BaselineDriftCheck,
                p_adjusted: Some(p_adjusted),
                description: "the largest difference from the baseline is 0.0720".to_owned(),
            }));
    }
    let facts = sample.probity.features.iter_mut();
    for facts in facts {
        let Some(drift) = facts.drift.as_mut() else {
            continue;
        };
        match facts.name.as_str() {
            "home_ownership" => {
                (drift.p_value, drift.p_adjusted) = (0.09, Some(0.21));
                (drift.interval.low, drift.interval.high) = (0.0, 0.34);
                drift.violates_corrected = false;
            }
            "interest_rate" => {
                (drift.distance, drift.effect) = (Some(0.0), 0.072);
                (drift.p_value, drift.p_adjusted) = (0.0001, Some(0.0003));
                (drift.interval.low, drift.interval.high) = (0.031, 0.113);
                drift.violates_corrected = true;
            }
            "purpose" => {
                "ChiSquared".clone_into(&mut drift.method);
                (drift.distance, drift.threshold) = (Some(0.2), 0.05);
                drift.p_adjusted = Some(0.012);
                drift.violates_corrected = true;
            }
            _ => {}
        }
    }
    sample
}

/// Names and values that pages get wrong.
#[expect(clippy::too_many_lines, reason = "a list of columns, not logic")]
fn awkward() -> Sample {
    let mut r = Random(5);
    let normal = |r: &mut Random| r.normal();
    let long = "a_very_long_column_name_that_a_generator_made_up_".repeat(5);
    let huge = |values: &[f64]| Values::Numbers {
        level: 0,
        values: values.to_vec(),
    };
    let mut columns = vec![
        Column::new(
            "<script>alert(\"x\")</script>",
            (r.numbers(500, normal), 0),
            (r.numbers(500, normal), 0),
        ),
        Column::new(
            "عمر العميل",
            (r.numbers(500, normal), 0),
            (r.numbers(500, |r| r.normal() + 2.0), 0),
        ),
        Column::new(
            "顧客の居住地 🏠",
            (categories(&[("東京都", 900), ("大阪府", 600)]), 0),
            (
                categories(&[
                    ("大阪府", 900),
                    ("東京都", 500),
                    ("北海道の非常に長い市町村名がここに入ります", 100),
                ]),
                0,
            ),
        ),
        Column::new(
            &long,
            (categories(&[("<b>bold</b> & \"quoted\"", 10), ("", 20)]), 0),
            (categories(&[("<b>bold</b> & \"quoted\"", 25), ("", 15)]), 0),
        ),
        Column::new("", (r.numbers(100, normal), 0), (r.numbers(100, normal), 0)),
        Column::new(
            "all_null",
            (Values::Nothing, 2_000),
            (Values::Nothing, 2_000),
        ),
        Column::new(
            "became_null",
            (r.numbers(500, normal), 0),
            (Values::Nothing, 2_000),
        ),
        Column::new("one_value", (huge(&[7.0; 300]), 0), (huge(&[7.0; 300]), 0)),
        Column::new(
            "huge",
            (huge(&[-1e300, 1e300, 5e299, f64::MAX, f64::MIN]), 0),
            (huge(&[1e300, 1.7e308]), 0),
        ),
        Column::new(
            "tiny",
            (huge(&[1e-300, 2e-300, 5e-324]), 0),
            (huge(&[1e-300, 3e-300]), 0),
        ),
        Column::new(
            "unix_time",
            (r.numbers(500, |r| 1.73e9 + (1e6 * r.uniform()).round()), 0),
            (r.numbers(500, |r| 1.74e9 + (1e6 * r.uniform()).round()), 0),
        ),
        Column::new(
            "outliers",
            (r.numbers(500, normal), 0),
            (huge(&[0.1, 0.2, -0.5, 1e12, 0.3, -1e9]), 0),
        ),
        Column::new(
            "type_changed",
            (r.numbers(500, normal), 0),
            (categories(&[("n/a", 1_500), ("12", 500)]), 0),
        ),
        Column::new(
            "became_numeric",
            (categories(&[("low", 1_500), ("high", 500)]), 0),
            (r.numbers(500, normal), 0),
        ),
        Column::new("many_texts", (texts(2_000), 0), (texts(1_900), 100)),
        Column::new(
            "secret_tier",
            (categories(&[("gold-customer", 700), ("silver", 900)]), 0),
            (
                categories(&[
                    ("redacted:9f86d081884c7d65", 700),
                    ("redacted:60303ae22b998861", 900),
                ]),
                0,
            ),
        ),
        Column::new(
            "secret_salary",
            (r.numbers(500, |r| 81_234.0 + r.normal()), 0),
            (categories(&[("redacted:a1b2c3d4e5f60718", 2_000)]), 0),
        ),
        Column::new(
            "chi_squared",
            (categories(&[("a", 900), ("b", 600)]), 0),
            (categories(&[("a", 860), ("b", 700)]), 0),
        ),
    ];
    for column in &mut columns {
        column.redacted = column.name.starts_with("secret");
        column.chi_squared = column.name == "chi_squared";
    }
    let mut gone = Column::new("gone", (r.numbers(100, normal), 0), (Values::Nothing, 0));
    gone.current = None;
    let mut new = Column::new("new", (Values::Nothing, 0), (r.numbers(100, normal), 0));
    new.baseline = None;
    columns.extend([gone, new]);
    let mut sample = check("awkward", "Daten & \"mehr\" <2026>.csv", &columns);
    sample
        .probity
        .dataset
        .notes
        .push("Column `id` occurs twice; the second is called `id_2`.".to_owned());
    if let Some(facts) = sample.probity.features.first_mut() {
        facts.n_nan = 12;
        facts.n_infinite = 3;
    }
    sample
}

fn too_few_rows() -> Sample {
    let mut r = Random(11);
    let few = |shift: f64, r: &mut Random| Values::Numbers {
        level: 0,
        values: (0..12).map(|_| r.normal() + shift).collect(),
    };
    let columns = vec![
        Column::new(
            "temperature",
            (r.numbers(500, Random::normal), 0),
            (few(1.0, &mut r), 0),
        ),
        Column::new(
            "pressure",
            (r.numbers(500, Random::normal), 0),
            (few(0.0, &mut r), 0),
        ),
        Column::new(
            "state",
            (categories(&[("ok", 1_900), ("fault", 100)]), 0),
            (categories(&[("ok", 9), ("fault", 3)]), 0),
        ),
    ];
    let mut sample = check("too-few-rows", "today.jsonl", &columns);
    if let Some(check) = &mut sample.probity.check {
        check.notes.push("12 rows are fewer than the minimum of 30: drift is reported, but the corrected verdict is withheld.".to_owned());
    }
    sample
}

fn no_rows() -> Sample {
    let mut r = Random(3);
    let columns = vec![
        Column::new(
            "amount",
            (r.numbers(500, Random::normal), 0),
            (Values::Nothing, 0),
        ),
        Column::new(
            "kind",
            (categories(&[("a", 1_000), ("b", 1_000)]), 0),
            (Values::Nothing, 0),
        ),
    ];
    check("no-rows", "today.csv", &columns)
}

/// Texts of too many values: nothing can be compared.
fn nothing_tested() -> Sample {
    let columns = [Column::new(
        "officer_note",
        (texts(9_420), 0),
        (texts(4_510), 0),
    )];
    check("nothing-tested", "notes.csv", &columns)
}

fn one_row() -> Sample {
    let one = || Values::Numbers {
        level: 0,
        values: vec![4.0],
    };
    let columns = [Column::new("amount", (one(), 0), (one(), 0))];
    check("one-row", "today.csv", &columns)
}
