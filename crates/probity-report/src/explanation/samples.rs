//! Samples of every kind of explanation: each is rendered in the tests, and looked at when the
//! report changes.

use probity_domain::document::explanation_file::{
    AttributionMethod, ExplainedOutput, ExplanationFile,
};

use super::ExplanationReport;
use super::sample_data::{
    Shape, Values, attributions, categorical_dependence, drift, file, label, numeric_dependence,
    row, shape,
};

/// The document of one report.
#[derive(Clone, Debug)]
pub struct ExplanationSample {
    pub name: &'static str,
    pub title: Option<String>,
    pub probity: ExplanationFile,
}

impl ExplanationSample {
    fn new(name: &'static str, probity: ExplanationFile) -> Self {
        Self {
            name,
            title: None,
            probity,
        }
    }

    pub fn report(&self) -> ExplanationReport<'_> {
        ExplanationReport {
            title: self.title.as_deref(),
            probity: &self.probity,
        }
    }
}

/// Every kind of explanation that the report must show well.
pub fn samples() -> Vec<ExplanationSample> {
    vec![
        estimated(),
        raw_score(),
        three_classes(),
        twenty_classes(),
        many_features(),
        one_feature(),
        still(),
        chosen(),
        moved(),
        unmoved(),
        dependence_only(),
        hostile(),
        extreme(),
        nothing(),
    ]
}

const OCCUPATIONS: [&str; 8] = [
    "Craft-repair",
    "Exec-managerial",
    "Prof-specialty",
    "Sales",
    "Adm-clerical",
    "Other-service",
    "Tech-support",
    "Armed-Forces",
];
const STATUS: [&str; 4] = ["Never-married", "Married-civ-spouse", "Divorced", "Widowed"];

fn census() -> Vec<Shape> {
    vec![
        shape("Age", 0.060, Values::Range(17.0, 90.0)),
        shape(
            "Workclass",
            0.008,
            Values::Words(&["Private", "Self-emp", "Gov"]),
        ),
        shape("fnlwgt", 0.004, Values::Range(12_000.0, 900_000.0)),
        shape("Education-Num", 0.064, Values::Range(1.0, 16.0)),
        shape("Marital Status", 0.11, Values::Words(&STATUS)),
        shape("Occupation", 0.035, Values::Words(&OCCUPATIONS)),
        shape(
            "Relationship",
            0.03,
            Values::Words(&["Husband", "Wife", "Own-child", "Unmarried"]),
        ),
        shape("Race", 0.005, Values::Words(&["A", "B", "C"])),
        shape("Sex", 0.012, Values::Words(&["Female", "Male"])),
        shape("Capital Gain", 0.09, Values::Rare(15_000.0)),
        shape("Capital Loss", 0.02, Values::Rare(2_500.0)),
        shape("Hours per week", 0.025, Values::Range(1.0, 99.0)),
    ]
}

/// Sampled kernel SHAP of a probability, with partial dependence and two rows.
fn estimated() -> ExplanationSample {
    let mut file = file("adult.csv", 12_000);
    let mut facts = attributions(AttributionMethod::KernelSampled, ExplainedOutput::Reported);
    let mut only = label("label0", &census(), 5);
    for feature in &mut only.features {
        feature.standard_error = Some(0.02 * feature.global + 0.0008);
    }
    facts.largest_additivity_error = 1.1e-16;
    facts.rows = vec![row(0, &only, 3), row(1417, &only, 11)];
    facts.labels = vec![only];
    file.model.location = "http://localhost:8080/invocations".to_owned();
    file.model.kind = "HTTP (SageMaker)".to_owned();
    file.model.sha256 = None;
    file.model.summary = "text/csv in and out".to_owned();
    file.attributions = Some(facts);
    file.partial_dependence = vec![
        numeric_dependence("Age", (17.0, 90.0), &["label0"]),
        numeric_dependence("Capital Gain", (0.0, 99_999.0), &["label0"]),
        categorical_dependence("Occupation", &OCCUPATIONS, &["label0"]),
    ];
    file.notes.push(
        "1,000 of 12,000 rows were explained: the first ones, in the order of `adult.csv`"
            .to_owned(),
    );
    ExplanationSample {
        title: Some("Income model, third quarter".to_owned()),
        ..ExplanationSample::new("explanation-estimated", file)
    }
}

fn raw_score() -> ExplanationSample {
    let mut file = file("train.parquet", 1000);
    let mut facts = attributions(
        AttributionMethod::TreePathDependent,
        ExplainedOutput::RawScore,
    );
    let only = label("label0", &census(), 9);
    facts.rows = vec![row(17, &only, 42)];
    facts.labels = vec![only];
    file.attributions = Some(facts);
    ExplanationSample::new("explanation-raw-score", file)
}

fn three_classes() -> ExplanationSample {
    let mut file = file("iris.csv", 150);
    let shapes = [
        shape("sepal length (cm)", 0.05, Values::Range(4.3, 7.9)),
        shape("sepal width (cm)", 0.02, Values::Range(2.0, 4.4)),
        shape("petal length (cm)", 0.30, Values::Range(1.0, 6.9)),
        shape("petal width (cm)", 0.28, Values::Range(0.1, 2.5)),
    ];
    let mut facts = attributions(
        AttributionMethod::KernelEnumerated,
        ExplainedOutput::Reported,
    );
    facts.n_rows = 150;
    facts.n_coalitions = Some(16);
    let classes = ["setosa", "versicolor", "virginica"];
    facts.labels = (1..)
        .zip(classes)
        .map(|(seed, class)| label(class, &shapes, seed))
        .collect();
    facts.rows = facts.labels.iter().map(|label| row(50, label, 7)).collect();
    file.model.summary = "120 trees of depth 3, 4 features, 3 outputs".to_owned();
    file.attributions = Some(facts);
    file.partial_dependence = vec![numeric_dependence(
        "petal length (cm)",
        (1.0, 6.9),
        &classes,
    )];
    ExplanationSample::new("explanation-classes", file)
}

fn twenty_classes() -> ExplanationSample {
    let mut file = file("letters/*.csv", 20_000);
    let shapes: Vec<Shape> = (0..30)
        .map(|at| {
            shape(
                &format!("stroke_{at:02}"),
                0.2 / f64::from(at + 1),
                Values::Range(0.0, 1.0),
            )
        })
        .collect();
    let mut facts = attributions(
        AttributionMethod::TreeInterventional,
        ExplainedOutput::LogOdds,
    );
    facts.labels = (0..20_u64)
        .map(|class| label(&format!("class {class:02}"), &shapes, class))
        .collect();
    facts.rows = facts.labels.iter().map(|label| row(3, label, 7)).collect();
    let names: Vec<String> = facts
        .labels
        .iter()
        .map(|label| label.label.clone())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    file.attributions = Some(facts);
    file.partial_dependence = vec![numeric_dependence("stroke_00", (0.0, 1.0), &names)];
    ExplanationSample::new("explanation-twenty-classes", file)
}

fn many_features() -> ExplanationSample {
    let mut file = file("telemetry.parquet", 1_000_000);
    let shapes: Vec<Shape> = (0..500)
        .map(|at| {
            let name =
                format!("sensor_{at:03}.pressure_difference_between_inlet_and_outlet_after_filter");
            shape(&name, 3000.0 / f64::from(at + 3), Values::Range(0.0, 1e6))
        })
        .collect();
    let mut facts = attributions(
        AttributionMethod::TreePathDependent,
        ExplainedOutput::RawScore,
    );
    let only = label(
        "remaining_useful_life_of_the_component_in_hours",
        &shapes,
        77,
    );
    facts.n_rows = 1_000_000;
    facts.rows = vec![row(123_456, &only, 5)];
    facts.labels = vec![only];
    file.attributions = Some(facts);
    ExplanationSample::new("explanation-wide", file)
}

fn one_feature() -> ExplanationSample {
    let mut file = file("one.csv", 40);
    let mut facts = attributions(
        AttributionMethod::KernelEnumerated,
        ExplainedOutput::Reported,
    );
    facts.n_rows = 40;
    facts.aggregation = "mean_sq".to_owned();
    let only = label(
        "price",
        &[shape("size", 12.0, Values::Range(20.0, 200.0))],
        4,
    );
    facts.rows = vec![row(39, &only, 0)];
    facts.labels = vec![only];
    file.attributions = Some(facts);
    ExplanationSample::new("explanation-one-feature", file)
}

/// Some features, one of them of two columns and one of two values, before a raw score.
fn chosen() -> ExplanationSample {
    let mut file = file("health.csv", 1000);
    let shapes = [
        shape("demographics", 0.4, Values::Range(0.0, 1.0)),
        shape("pressure", 0.2, Values::Range(80.0, 190.0)),
        shape("smoker", 0.1, Values::Range(0.0, 1.0)),
    ];
    let mut facts = attributions(
        AttributionMethod::KernelEnumerated,
        ExplainedOutput::RawScore,
    );
    facts.chosen_features = true;
    facts.n_coalitions = Some(8);
    let mut only = label("label0", &shapes, 12);
    for point in &mut only.features[2].sample {
        point.number = point.number.map(f64::round);
    }
    for point in &mut only.features[0].sample {
        point.number = None;
    }
    let mut row = row(4, &only, 6);
    row.features[0].value = Some("age = 47, gender = 0".to_owned());
    row.output += -1.2 - row.expected_value;
    row.expected_value = -1.2;
    facts.rows = vec![row];
    facts.labels = vec![only];
    file.attributions = Some(facts);
    file.partial_dependence = vec![numeric_dependence("pressure", (80.0, 190.0), &["label0"])];
    ExplanationSample::new("explanation-chosen", file)
}

/// A constant model.
fn still() -> ExplanationSample {
    let mut file = file("adult.csv", 100);
    let shapes: Vec<Shape> = census()
        .into_iter()
        .map(|shape| Shape {
            scale: 0.0,
            ..shape
        })
        .collect();
    let mut facts = attributions(
        AttributionMethod::TreePathDependent,
        ExplainedOutput::RawScore,
    );
    facts.aggregation = "median".to_owned();
    let only = label("label0", &shapes, 4);
    facts.rows = vec![row(0, &only, 0)];
    facts.labels = vec![only];
    file.attributions = Some(facts);
    ExplanationSample::new("explanation-still", file)
}

const NAMES: [&str; 12] = [
    "Marital Status",
    "Capital Gain",
    "Education-Num",
    "Age",
    "Occupation",
    "Relationship",
    "Hours per week",
    "Capital Loss",
    "Sex",
    "Workclass",
    "Race",
    "fnlwgt",
];

fn moved() -> ExplanationSample {
    let mut sample = raw_score();
    let now = [2, 11, 1, 3, 4, 5, 6, 7, 8, 9, 10, 12];
    let ranks: Vec<(&str, u64)> = NAMES.into_iter().zip(now).collect();
    sample.probity.drift = vec![drift("label0", (0.853, 0.82, 0.884), &ranks)];
    ExplanationSample {
        name: "explanation-moved",
        ..sample
    }
}

fn unmoved() -> ExplanationSample {
    let mut sample = raw_score();
    let ranks: Vec<(&str, u64)> = NAMES.into_iter().zip(1..).collect();
    let mut facts = drift("label0", (1.0, 0.96, 1.0), &ranks);
    facts.interval = None;
    facts.significant = None;
    sample.probity.drift = vec![facts];
    ExplanationSample {
        name: "explanation-unmoved",
        ..sample
    }
}

fn dependence_only() -> ExplanationSample {
    let mut file = file("adult.csv", 1000);
    let mut failed = numeric_dependence("Note", (0.0, 1.0), &[]);
    failed.points.clear();
    failed.error = Some("Detected data type is not supported for PDP. PDP can only be computed for numerical or categorical columns".to_owned());
    file.partial_dependence = vec![numeric_dependence("Age", (17.0, 90.0), &["label0"]), failed];
    ExplanationSample::new("explanation-dependence", file)
}

/// Names that would be markup, code or nothing.
fn hostile() -> ExplanationSample {
    let mut file = file("<b>`data`</b>.csv", 1000);
    let shapes = [
        shape(
            "<script>alert(1)</script>",
            0.3,
            Values::Words(&["</svg><script>", "#panic(\"x\")", "", "\u{202E}abc"]),
        ),
        shape("#let x = panic()", 0.25, Values::Range(0.0, 1.0)),
        shape("]; \"*_$\\", 0.2, Values::Range(0.0, 1.0)),
        shape("", 0.18, Values::Range(0.0, 1.0)),
        shape(
            "顧客の居住している都道府県",
            0.15,
            Values::Words(&["東京", "大阪"]),
        ),
        shape("العمر", 0.12, Values::Range(0.0, 1.0)),
        shape("a\nb\u{0}c\u{FFFE}", 0.1, Values::Range(0.0, 1.0)),
        shape("Ωμέγα Кириллица naïve €", 0.08, Values::Range(0.0, 1.0)),
        shape(&"x".repeat(300), 0.05, Values::Range(0.0, 1.0)),
    ];
    let mut facts = attributions(
        AttributionMethod::TreeInterventional,
        ExplainedOutput::RawScore,
    );
    let only = label("</title>&\"'\"\"\"", &shapes, 21);
    facts.rows = vec![row(1, &only, 2)];
    facts.labels = vec![only];
    file.partial_dependence = vec![
        categorical_dependence(
            "<script>alert(1)</script>",
            &["</svg>", "#x", ""],
            &["</title>"],
        ),
        numeric_dependence("#let x = panic()", (0.0, 1.0), &["</title>"]),
    ];
    file.model.location = "#read(\"/etc/passwd\")".to_owned();
    file.attributions = Some(facts);
    file.notes.push("a note of `<i>`#text[x]`".to_owned());
    ExplanationSample {
        title: Some("<h1>#set page(width: 1pt)</h1>".to_owned()),
        ..ExplanationSample::new("explanation-hostile", file)
    }
}

/// Numbers at the ends of what there is.
fn extreme() -> ExplanationSample {
    let mut file = file("extreme.csv", 1000);
    let mut facts = attributions(AttributionMethod::KernelSampled, ExplainedOutput::Reported);
    let mut only = label("label0", &census(), 4);
    only.expected_value = f64::NAN;
    let values = [f64::NAN, f64::INFINITY, 1e308, -1e308, 5e-324, 1e-12];
    for (feature, value) in only.features.iter_mut().zip(values) {
        feature.global = value;
        feature.mean = value;
        feature.standard_error = Some(value);
        for point in feature.sample.iter_mut().take(40) {
            point.attribution = value;
            point.number = Some(value);
        }
    }
    facts.largest_additivity_error = f64::INFINITY;
    facts.rows = vec![row(0, &only, 3)];
    facts.labels = vec![only];
    file.attributions = Some(facts);
    let mut dependence = numeric_dependence("Age", (-1e308, 1e308), &["label0"]);
    for (mean, value) in dependence.labels[0].means.iter_mut().zip(values) {
        mean.mean = value;
        mean.interval = None;
    }
    file.partial_dependence = vec![dependence];
    ExplanationSample::new("explanation-extreme", file)
}

fn nothing() -> ExplanationSample {
    let mut file = file("empty.csv", 0);
    file.attributions = Some(attributions(
        AttributionMethod::TreePathDependent,
        ExplainedOutput::RawScore,
    ));
    ExplanationSample::new("explanation-nothing", file)
}
