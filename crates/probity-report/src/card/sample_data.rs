//! One full card of a credit model and what is known around it.

use std::collections::BTreeMap;

use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, LiveExecution, LiveSection, ReviewStep, Staleness,
    Verification, VersionFact,
};
use probity_domain::document::governance_policy::Finding;
use probity_domain::document::model_card::{
    AdditionalInformation, Binding, BusinessDetails, Evaluation, HyperParameter, IntendedUses,
    Metric, MetricGroup, MetricValue, ModelCard, ModelOverview, ObjectiveFunction,
    PackageContainer, PackageDetails, RiskRating, SourceAlgorithm, TrainingDetails, TrainingMetric,
};
use probity_domain::resource::CardStatus;

/// 2026-11-27 14:00 UTC.
pub(super) const NOW: i64 = 1_795_788_000_000;
const DAY: i64 = 86_400_000;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn card() -> ModelCard {
    ModelCard {
        overview: ModelOverview {
            model_id: some("arn:aws:sagemaker:eu-central-1:111122223333:model/consumer-credit-2026-11"),
            model_name: some("consumer-credit-2026-11"),
            model_version: Some(7.0),
            description: some("Estimates the probability that an applicant for a consumer loan misses three payments within twelve months. A gradient-boosted tree ensemble over 41 features of the application, the account history, and the credit bureau."),
            problem_type: some("Binary classification"),
            algorithm_type: some("XGBoost, gradient-boosted trees"),
            creator: some("Ada Marek"),
            owner: some("Retail Risk Models, Frankfurt"),
            artifacts: vec!["s3://models-prod/consumer-credit/2026-11/model.tar.gz".to_owned()],
            container_images: vec!["683313688378.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:1.7-1".to_owned()],
        },
        package: Some(package()),
        intended_uses: IntendedUses {
            purpose: some("Ranks applications for consumer loans up to 50,000 euros, so that underwriters look first at those that are likely to fail."),
            intended_uses: some("Decision support in branches and online. A person decides every rejection.\n\nNot for mortgages, business loans, or the setting of interest rates."),
            factors_affecting_efficiency: some("Inflation moves the income features. Applicants with less than six months of account history are scored with a wider error."),
            risk_rating: Some(RiskRating::High),
            risk_explanation: some("Creditworthiness of natural persons: high risk by Annex III, point 5(b), of the EU AI Act. A wrong rejection keeps a person from a loan; a wrong approval costs about 4,100 euros on average."),
        },
        business: BusinessDetails {
            problem: some("Losses of the consumer loan book rose to 2.9 % in 2025."),
            stakeholders: some("Retail lending, credit risk, the ombudsman for customers"),
            line_of_business: some("Retail banking"),
        },
        training: training(),
        evaluations: vec![quality(), fairness(), claimed()],
        additional: AdditionalInformation {
            ethical_considerations: some("Age and sex are not features. Postal code was removed in version 5, because it stood for nationality."),
            caveats: some("Re-check the threshold after each change of the bureau's score scale. Retrain when the population stability index of income is above 0.2."),
            custom: vec![
                ("human_oversight".to_owned(), "Every rejection is decided by an underwriter who sees the five largest attributions.".to_owned()),
                ("Review board".to_owned(), "Model Risk Committee, meets monthly".to_owned()),
                ("license".to_owned(), "other".to_owned()),
            ],
        },
    }
}

fn package() -> PackageDetails {
    PackageDetails {
        arn: some("arn:aws:sagemaker:eu-central-1:111122223333:model-package/consumer-credit/7"),
        name: None,
        group: some("consumer-credit"),
        version: Some(7.0),
        description: some("November retraining with the bureau's new scale"),
        status: some("Completed"),
        approval_status: some("Approved"),
        approval_description: some("Shadow run of two weeks without findings"),
        domain: some("MACHINE_LEARNING"),
        task: some("CLASSIFICATION"),
        created_by: some("ada"),
        source_algorithms: vec![SourceAlgorithm {
            name: some("xgboost"),
            model_data_url: some("s3://models-prod/base/xgboost.tar.gz"),
        }],
        containers: vec![PackageContainer {
            image: some("sagemaker-xgboost:1.7-1"),
            model_data_url: some("s3://models-prod/consumer-credit/2026-11/model.tar.gz"),
            nearest_model_name: None,
            sources: vec![(
                "base_model.hub_content_name".to_owned(),
                "boosted-trees-2026".to_owned(),
            )],
        }],
    }
}

fn training() -> TrainingDetails {
    let metric = |name: &str, value: f64, notes: Option<&str>| TrainingMetric {
        name: name.to_owned(),
        value,
        notes: notes.map(str::to_owned),
    };
    let parameter = |name: &str, value: &str| HyperParameter {
        name: name.to_owned(),
        value: some(value),
    };
    TrainingDetails {
        objective: Some(ObjectiveFunction {
            function: some("Minimize"),
            facet: some("Loss"),
            condition: some("on the validation split"),
            notes: some("log loss, weighted by loan size"),
        }),
        observations: some("Validation loss stopped improving after 412 rounds."),
        job_arn: some(
            "arn:aws:sagemaker:eu-central-1:111122223333:training-job/consumer-credit-2026-11-03-08-15",
        ),
        datasets: vec![
            "s3://risk-data/consumer/2022-01_2026-06/train.parquet".to_owned(),
            "s3://risk-data/consumer/2022-01_2026-06/validation.parquet".to_owned(),
        ],
        container_images: vec![
            "683313688378.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:1.7-1".to_owned(),
        ],
        metrics: vec![
            metric("train:logloss", 0.182_374_91, None),
            metric("validation:logloss", 0.2031, None),
            metric("rounds", 412.0, None),
        ],
        user_metrics: vec![metric("gini", 0.71, Some("on the out-of-time sample"))],
        hyper_parameters: vec![
            parameter("max_depth", "6"),
            parameter("eta", "0.05"),
            parameter("objective", "binary:logistic"),
        ],
        user_hyper_parameters: vec![parameter("early_stopping", "25 rounds")],
    }
}

fn number(name: &str, value: f64) -> Metric {
    Metric {
        axes: None,
        name: name.to_owned(),
        notes: None,
        value: MetricValue::Number(value),
    }
}

fn bound(binding: &Binding) -> BTreeMap<String, String> {
    let members = binding.members().into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn quality() -> Evaluation {
    let roc = [
        (0.0, 0.0),
        (0.02, 0.31),
        (0.05, 0.5),
        (0.1, 0.67),
        (0.2, 0.82),
        (0.35, 0.91),
        (0.6, 0.97),
        (1.0, 1.0),
    ];
    let names = || vec!["repaid".to_owned(), "missed".to_owned()];
    Evaluation {
        name: "Model quality, out of time".to_owned(),
        observation: some("Loans granted from July to September 2026, outcome known for 96 %."),
        job_arn: some(
            "arn:aws:sagemaker:eu-central-1:111122223333:processing-job/quality-2026-11-20",
        ),
        datasets: vec!["s3://risk-data/consumer/2026-q3/labelled.parquet".to_owned()],
        metadata: bound(&Binding {
            report: "s3://monitor/consumer-credit/quality/2026/11/20/statistics.json".to_owned(),
            sha256: "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a".to_owned(),
            kind: "model-quality-binary".to_owned(),
            source: some(
                "arn:aws:sagemaker:eu-central-1:111122223333:processing-job/quality-2026-11-20",
            ),
            follows: some("consumer-credit-quality"),
            reported_at: some("2026-11-20T08:00:00.000Z"),
            bound_at: some("2026-11-20T09:12:00.000Z"),
            bound_by: some("ada"),
        }),
        groups: vec![MetricGroup {
            name: "binary_classification_metrics".to_owned(),
            metrics: vec![
                number("auc", 0.8812),
                number("accuracy", 0.91),
                number("recall", 0.674_219),
                number("precision", 0.55),
                number("rows", 18_422.0),
                Metric {
                    axes: None,
                    name: "threshold fixed".to_owned(),
                    notes: some("by the board of 3 November"),
                    value: MetricValue::Boolean(true),
                },
                Metric {
                    axes: None,
                    name: "receiver_operating_characteristic_curve".to_owned(),
                    notes: None,
                    value: MetricValue::LinearGraph {
                        points: roc.to_vec(),
                        x_axis: some("false_positive_rates"),
                        y_axis: some("true_positive_rates"),
                    },
                },
                Metric {
                    axes: None,
                    name: "confusion_matrix".to_owned(),
                    notes: None,
                    value: MetricValue::Matrix {
                        rows: vec![vec![15_902.0, 812.0], vec![556.0, 1152.0]],
                        row_names: names(),
                        column_names: names(),
                    },
                },
            ],
        }],
    }
}

fn fairness() -> Evaluation {
    Evaluation {
        name: "Fairness".to_owned(),
        observation: some(
            "Younger applicants are rejected more often; the difference shrank since version 6.",
        ),
        job_arn: None,
        datasets: vec!["s3://risk-data/consumer/2026-q3/labelled.parquet".to_owned()],
        metadata: bound(&Binding {
            report: "s3://clarify/consumer-credit/2026-11-21/analysis.json".to_owned(),
            sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".to_owned(),
            kind: "clarify-bias".to_owned(),
            source: some(
                "arn:aws:sagemaker:eu-central-1:111122223333:processing-job/bias-2026-11-21",
            ),
            follows: None,
            reported_at: some("2026-11-21T10:30:00.000Z"),
            bound_at: some("2026-11-21T11:00:00.000Z"),
            bound_by: some("ada"),
        }),
        groups: vec![
            MetricGroup {
                name: "post_training_bias_metrics - label missed = 1 and facet age=(0, 25]"
                    .to_owned(),
                metrics: vec![
                    number("DPPL", 0.062),
                    number("DI", 0.934_1),
                    number("DCR", -0.008),
                    number("RD", 0.011),
                ],
            },
            MetricGroup {
                name: "rejections by age".to_owned(),
                metrics: vec![Metric {
                    axes: None,
                    name: "rejected per 100".to_owned(),
                    notes: some("third quarter of 2026"),
                    value: MetricValue::BarChart {
                        values: vec![18.2, 14.1, 12.9, 12.0, 13.5],
                        labels: ["18–25", "26–35", "36–50", "51–65", "over 65"]
                            .map(str::to_owned)
                            .to_vec(),
                        y_axis: some("applications"),
                    },
                }],
            },
        ],
    }
}

fn claimed() -> Evaluation {
    let cell = |row: u32, column: u32| f64::from(90_u32.saturating_sub(22 * row.abs_diff(column)));
    Evaluation {
        name: "Stress test by the validation team".to_owned(),
        observation: some("Unemployment up by three points, incomes down by 5 %."),
        job_arn: None,
        datasets: Vec::new(),
        metadata: BTreeMap::from([("document".to_owned(), "MV-2026-114".to_owned())]),
        groups: vec![MetricGroup {
            name: "stress".to_owned(),
            metrics: vec![
                number("loss rate under stress", 0.051),
                Metric {
                    axes: None,
                    name: "outcome".to_owned(),
                    notes: None,
                    value: MetricValue::Text("within appetite".to_owned()),
                },
                Metric {
                    axes: None,
                    name: "migration of rating classes".to_owned(),
                    notes: some("from class (rows) to class (columns), in per cent"),
                    value: MetricValue::Matrix {
                        rows: (0..10)
                            .map(|row| (0..10).map(|column| cell(row, column)).collect())
                            .collect(),
                        row_names: (1..=10).map(|at| format!("class {at}")).collect(),
                        column_names: (1..=10).map(|at| format!("class {at}")).collect(),
                    },
                },
            ],
        }],
    }
}

pub(super) fn dossier(card: ModelCard) -> CardDossier {
    let evaluations = card
        .evaluations
        .iter()
        .map(|evaluation| EvaluationStanding {
            evaluation: evaluation.name.clone(),
            binding: evaluation.binding(),
            verification: match evaluation.binding() {
                Some(_) => Verification::Verified,
                None => Verification::NotVerified,
            },
            stale: if evaluation.name.starts_with("Model quality") {
                vec![
                    Staleness::NewerExecution {
                        source: "consumer-credit-quality".to_owned(),
                        at_ms: NOW - DAY,
                    },
                    Staleness::ModelChanged {
                        what: "the artifact's hash differs".to_owned(),
                    },
                ]
            } else {
                Vec::new()
            },
        });
    CardDossier {
        name: "consumer-credit".to_owned(),
        arn: "arn:aws:sagemaker:eu-central-1:111122223333:model-card/consumer-credit".to_owned(),
        version: 3,
        latest_version: 3,
        status: CardStatus::Approved,
        sha256: "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730".to_owned(),
        created_ms: Some(NOW - 90 * DAY),
        created_by: some("ada"),
        version_created_ms: Some(NOW - 6 * DAY),
        version_created_by: some("ada"),
        modified_ms: Some(NOW - 5 * DAY),
        modified_by: some("grace"),
        tags: vec![("team".to_owned(), "retail-risk".to_owned())],
        evaluations: evaluations.collect(),
        live: live(),
        reviews: reviews(),
        versions: versions(),
        findings: vec![Finding {
            rule: "card.High.stale".to_owned(),
            path: "evaluation_details[0]".to_owned(),
            message: "The evaluation “Model quality, out of time” is stale: bind it to the newest report.".to_owned(),
        }],
        review_due_ms: Some(NOW + 85 * DAY),
        expires_ms: Some(NOW + 360 * DAY),
        as_of_ms: Some(NOW),
        card,
    }
}

fn live() -> Vec<LiveSection> {
    vec![
        LiveSection {
            monitoring_type: "ModelQuality".to_owned(),
            schedule: "consumer-credit-quality".to_owned(),
            endpoint: some("consumer-credit"),
            execution: Some(LiveExecution {
                arn:
                    "arn:aws:sagemaker:eu-central-1:111122223333:processing-job/quality-2026-11-26"
                        .to_owned(),
                status: "CompletedWithViolations".to_owned(),
                at_ms: NOW - DAY,
                violations: Some(1),
                failure_reason: None,
                groups: vec![MetricGroup {
                    name: "binary_classification_metrics".to_owned(),
                    metrics: vec![number("auc", 0.8604), number("accuracy", 0.902)],
                }],
            }),
        },
        LiveSection {
            monitoring_type: "ModelBias".to_owned(),
            schedule: "consumer-credit-bias".to_owned(),
            endpoint: some("consumer-credit"),
            execution: None,
        },
    ]
}

fn reviews() -> Vec<ReviewStep> {
    let step = |version, from, to, days: i64, actor: &str, comment: Option<&str>| ReviewStep {
        version,
        from,
        to,
        at_ms: NOW - days * DAY,
        actor: actor.to_owned(),
        comment: comment.map(str::to_owned),
    };
    vec![
        step(1, None, CardStatus::Draft, 90, "ada", None),
        step(
            2,
            Some(CardStatus::Draft),
            CardStatus::PendingReview,
            30,
            "ada",
            Some("ready for the November board"),
        ),
        step(
            2,
            Some(CardStatus::PendingReview),
            CardStatus::Draft,
            28,
            "grace",
            Some("fairness evaluation is missing"),
        ),
        step(
            3,
            Some(CardStatus::Draft),
            CardStatus::PendingReview,
            6,
            "ada",
            Some("fairness is bound to the report of 21 November"),
        ),
        step(
            3,
            Some(CardStatus::PendingReview),
            CardStatus::Approved,
            5,
            "grace",
            Some("approved for decision support until the next retraining"),
        ),
    ]
}

fn versions() -> Vec<VersionFact> {
    let fact = |version, status, days: i64, hash: &str, reason: Option<&str>| VersionFact {
        version,
        status,
        created_ms: NOW - days * DAY,
        created_by: "ada".to_owned(),
        sha256: hash.to_owned(),
        reason: reason.map(str::to_owned),
    };
    vec![
        fact(
            3,
            CardStatus::Approved,
            6,
            "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730",
            Some("fairness evaluation bound"),
        ),
        fact(
            2,
            CardStatus::Draft,
            31,
            "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35",
            Some("training details after the retraining"),
        ),
        fact(
            1,
            CardStatus::Draft,
            90,
            "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
            None,
        ),
    ]
}
