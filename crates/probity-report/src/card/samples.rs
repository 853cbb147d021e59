//! Cards of every kind: full, empty, stale, very long, of many scripts, and hostile.

use probity_domain::document::card_dossier::{CardDossier, EvaluationStanding};
use probity_domain::document::model_card::{
    AdditionalInformation, Evaluation, Metric, MetricGroup, MetricValue, ModelCard,
};
use probity_domain::resource::CardStatus;

use super::sample_data::{self, NOW};
use super::sample_texts;

/// A card with all that is known around it.
#[derive(Clone, Debug)]
pub struct CardSample {
    pub name: &'static str,
    pub dossier: CardDossier,
}

pub fn samples() -> Vec<CardSample> {
    [
        ("full", full()),
        ("empty", empty()),
        ("scripts", scripts()),
        ("long", long()),
        ("many-groups", many_groups()),
        ("hostile", hostile()),
    ]
    .into_iter()
    .map(|(name, dossier)| CardSample { name, dossier })
    .collect()
}

/// Everything stated, approved by another than its author, one evaluation stale.
fn full() -> CardDossier {
    sample_data::dossier(sample_data::card())
}

/// `{}` is a valid card.
fn empty() -> CardDossier {
    CardDossier {
        name: "untitled-model".to_owned(),
        arn: String::new(),
        version: 1,
        latest_version: 1,
        status: CardStatus::Draft,
        sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned(),
        created_ms: None,
        created_by: None,
        version_created_ms: None,
        version_created_by: None,
        modified_ms: None,
        modified_by: None,
        tags: Vec::new(),
        card: ModelCard::default(),
        evaluations: Vec::new(),
        live: Vec::new(),
        reviews: Vec::new(),
        versions: Vec::new(),
        findings: Vec::new(),
        review_due_ms: None,
        expires_ms: None,
        as_of_ms: None,
    }
}

/// One paragraph of each script.
pub const SCRIPTS: [(&str, &str); 10] = [
    (
        "Latin",
        "Die Kreditwürdigkeitsprüfung gewährt — naïve façade, Łódź, İstanbul, Việt Nam.",
    ),
    (
        "Greek",
        "Το μοντέλο εκτιμά την πιθανότητα αθέτησης υποχρεώσεων.",
    ),
    (
        "Cyrillic",
        "Модель оценивает вероятность дефолта заёмщика; Київ, Ћуприја.",
    ),
    (
        "Arabic",
        "يقدّر النموذج احتمال التخلّف عن السداد (الإصدار 2) خلال 12 شهرًا.",
    ),
    (
        "Hebrew",
        "המודל מעריך את ההסתברות לאי-פירעון תוך 12 חודשים.",
    ),
    (
        "Japanese",
        "このモデルは、12か月以内の債務不履行の確率を推定します。",
    ),
    ("Chinese", "该模型估计借款人在12个月内违约的概率。"),
    (
        "Korean",
        "이 모델은 12개월 이내의 채무 불이행 확률을 추정합니다.",
    ),
    ("Devanagari", "यह मॉडल चूक की संभावना का अनुमान लगाता है।"),
    ("Emoji", "Approved 👍 with care ⚠️ by 👩‍⚖️."),
];

fn scripts() -> CardDossier {
    let mut card = sample_data::card();
    let of = |at: usize| {
        Some(
            SCRIPTS
                .get(at)
                .map_or(String::new(), |(_, text)| (*text).to_owned()),
        )
    };
    card.overview.description = of(0);
    card.overview.owner = of(3);
    card.intended_uses.purpose = of(1);
    card.intended_uses.intended_uses = of(2);
    card.intended_uses.factors_affecting_efficiency = of(3);
    card.intended_uses.risk_explanation = of(4);
    card.business.problem = of(5);
    card.business.stakeholders = of(6);
    card.business.line_of_business = of(7);
    card.additional = AdditionalInformation {
        ethical_considerations: of(8),
        caveats: of(9),
        custom: SCRIPTS
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    };
    let bars = Metric {
        axes: None,
        name: "取引の件数 العدد".to_owned(),
        notes: None,
        value: MetricValue::BarChart {
            values: vec![12.0, 7.5, -3.0],
            labels: vec!["東京".to_owned(), "القاهرة".to_owned(), "Αθήνα".to_owned()],
            y_axis: Some("件".to_owned()),
        },
    };
    card.evaluations = vec![Evaluation {
        name: "評価 تقييم".to_owned(),
        groups: vec![MetricGroup {
            name: "Показатели".to_owned(),
            metrics: vec![bars],
        }],
        ..Evaluation::default()
    }];
    CardDossier {
        evaluations: Vec::new(),
        ..sample_data::dossier(card)
    }
}

/// Words of 500 characters, and about as much text as a card may hold.
fn long() -> CardDossier {
    let mut card = sample_data::card();
    let word = "x".repeat(500);
    let sentence =
        "The model is used by underwriters who see its score beside the file, and decide. ";
    let text = |n: usize| -> Option<String> {
        Some(
            sentence
                .repeat(n / sentence.len() + 1)
                .chars()
                .take(n)
                .collect(),
        )
    };
    card.overview.description = text(1024);
    card.overview.owner = Some(word.clone());
    card.intended_uses.purpose = text(2048);
    card.intended_uses.intended_uses = text(2048);
    card.intended_uses.risk_explanation = text(2048);
    card.business.problem = Some(format!("{word} {word} {word}"));
    card.additional.ethical_considerations = text(2048);
    card.additional.caveats = text(2048);
    card.additional.custom = (0..82)
        .map(|at| {
            (
                format!("detail_{at:03}_{}", "k".repeat(60)),
                text(1024).unwrap_or_default(),
            )
        })
        .collect();
    sample_data::dossier(card)
}

/// 200 groups, each of three metrics, one of them a picture.
fn many_groups() -> CardDossier {
    let mut card = sample_data::card();
    let group = |at: usize| {
        let number = |name: &str, value: f64| Metric {
            axes: None,
            name: name.to_owned(),
            notes: None,
            value: MetricValue::Number(value),
        };
        let at_number = f64::from(u32::try_from(at).unwrap_or(0));
        let mut metrics = vec![
            number("accuracy", 0.9 + at_number / 10_000.0),
            number("rows", 1000.0 + at_number),
        ];
        if at.is_multiple_of(50) {
            metrics.push(Metric {
                axes: None,
                name: "scores".to_owned(),
                notes: None,
                value: MetricValue::LinearGraph {
                    points: (0..200).map(|x| (f64::from(x), f64::from(x * x))).collect(),
                    x_axis: None,
                    y_axis: None,
                },
            });
        }
        MetricGroup {
            name: format!("segment {at}"),
            metrics,
        }
    };
    card.evaluations = vec![Evaluation {
        name: "every segment".to_owned(),
        groups: (0..200).map(group).collect(),
        ..Evaluation::default()
    }];
    card.evaluations.extend((0..20).map(|at| Evaluation {
        name: format!("typed in {at}"),
        ..Evaluation::default()
    }));
    CardDossier {
        evaluations: Vec::new(),
        ..sample_data::dossier(card)
    }
}

/// What tries to be markup, a link or code in one of the forms.
pub const HOSTILE: &str = "<script>alert(1)</script> **b** [l](https://evil.example) ![i](https://evil.example/p.png) `c` https://evil.example www.evil.example eve@evil.example | #panic(\"x\") \"]*#read(\"/etc/passwd\") \\ $x^2$ {{7*7}} &amp; '; DROP\u{202E}\n# heading\n- item\n1. one\n---\n| a | b |\n";

/// Every text of the full card, followed by [`HOSTILE`].
fn hostile() -> CardDossier {
    let mut dossier = full();
    sample_texts::visit(&mut dossier, &mut |text| {
        text.push(' ');
        text.push_str(HOSTILE);
    });
    dossier.evaluations = dossier
        .card
        .evaluations
        .iter()
        .zip(full().evaluations)
        .map(|(evaluation, standing)| EvaluationStanding {
            evaluation: evaluation.name.clone(),
            binding: evaluation.binding(),
            ..standing
        })
        .collect();
    dossier.as_of_ms = Some(NOW);
    dossier
}
