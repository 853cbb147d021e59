//! The credit-approval model. From one day on a comparison portal sends most of its applications, and
//! its form asks for the net wage where the model knows gross incomes: incomes seem to fall, and since the
//! portal is used by women above all, the model turns down more of them. The credit officers, who see the
//! payslips, decide about them as they always did.

use super::subject::{Fairness, Known, Problem, Row, Subject, Version, When, chance, sigmoid};
use crate::command::population::SplitMix64;

/// The first day of the portal.
pub(super) const PORTAL_FROM: usize = 18;
/// On these days a mask of the branches forgot how long somebody has been employed.
pub(super) const FORGOTTEN: [usize; 2] = [6, 7];
const FORGOTTEN_SHARE: f64 = 0.3;
/// Of women's and men's applications, once the portal is known.
const PORTAL_SHARE: (f64, f64) = (0.92, 0.25);
/// What is left of a wage after tax and insurance.
const NET: f64 = 0.55;

pub(super) const CREDIT: Subject = Subject {
    name: "credit-approval",
    answer: "approval_score",
    label: "creditworthy",
    features: &[
        "income",
        "age",
        "years_employed",
        "debt_ratio",
        "amount",
        "late_payments",
        "sex",
    ],
    problem: Problem::Binary,
    fairness: Fairness {
        facet: "sex",
        favourable: 1.0,
        room: 0.14,
    },
    versions: &[
        Version {
            file: "model-1.json",
            content: include_str!("models/credit_1.json"),
            description: "Eight shallow trees, the first try",
        },
        Version {
            file: "model-2.json",
            content: include_str!("models/credit_2.json"),
            description: "Forty trees on two years of applications; sex is no input of any split",
        },
    ],
    calls_a_day: 400,
    draw,
    seed: 0x00c0_ffee,
};

fn draw(random: &mut SplitMix64, when: When) -> Row {
    let is_woman = chance(random, 0.46);
    let age = (21.0 + 46.0 * random.uniform().powf(1.4)).floor();
    let income = (3.6 + 0.008 * (age - 40.0) + 0.38 * random.normal()).exp();
    let employed = ((age - 18.0) * random.uniform().powf(1.7)).floor();
    let debt = 0.05 + 0.6 * random.uniform().powf(1.5);
    let amount = income * (0.1 + 0.5 * random.uniform());
    let late = late_payments(random.uniform());
    let strength = 1.6 * (income.ln() - 3.6) + 0.03 * employed
        - 4.0 * (debt - 0.28)
        - 0.9 * late
        - 1.2 * (amount / income - 0.35)
        + 0.6;
    let is_worthy = chance(random, sigmoid(2.2 * strength));
    let portal_use = match is_woman {
        true => PORTAL_SHARE.0,
        false => PORTAL_SHARE.1,
    };
    let stated = match chance(random, portal_share(when) * portal_use) {
        true => NET * income,
        false => income,
    };
    let forgets = matches!(when, When::Day(day) if FORGOTTEN.contains(&day));
    let employed = match forgets && chance(random, FORGOTTEN_SHARE) {
        true => String::new(),
        false => employed.to_string(),
    };
    Row {
        features: format!(
            "{stated:.2},{age},{employed},{debt:.3},{amount:.2},{late},{}",
            u8::from(is_woman)
        ),
        label: u8::from(is_worthy).to_string(),
        known: Known::TheSameDay,
    }
}

/// It becomes known within a week.
fn portal_share(when: When) -> f64 {
    let Some(days) = when.since(PORTAL_FROM) else {
        return 0.0;
    };
    (0.79 + 0.03 * days.min(7) as f64).min(1.0)
}

fn late_payments(uniform: f64) -> f64 {
    match uniform {
        u if u < 0.7 => 0.0,
        u if u < 0.9 => 1.0,
        u if u < 0.97 => 2.0,
        _ => 3.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_income(rows: &[Row]) -> f64 {
        let incomes = rows.iter().map(|row| {
            let (income, _) = row.features.split_once(',').unwrap();
            income.parse::<f64>().unwrap()
        });
        incomes.sum::<f64>() / rows.len() as f64
    }

    #[test]
    fn incomes_seem_to_fall_from_the_day_of_the_portal_on() {
        let before = mean_income(&CREDIT.day(PORTAL_FROM - 1));
        let after = mean_income(&CREDIT.day(PORTAL_FROM));
        assert!(after < 0.9 * before, "{before} {after}");
    }
}
