//! Who may take a card from one state to another, and what an edit does to the state.

use super::{ArchivedRule, CardRules, CommentRule, GovernancePolicy, ReviewRules, TransitionRule};
use crate::resource::CardStatus;

/// A step of a review that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// `None` where the card is made in the state.
    pub from: Option<CardStatus>,
    pub to: CardStatus,
    /// As versions and reviews name users.
    pub actor: &'s str,
    /// Everybody who wrote a version since the last one that was approved, the one at hand
    /// included.
    pub authors: &'s [String],
    pub comment: Option<&'s str>,
}

/// Why the policy does not let a step or an edit happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the governance policy demands four eyes (`review.four_eyes`): `{actor}` wrote a part of \
         what is to be approved, another user has to approve it"
    )]
    OwnWork { actor: String },
    #[error(
        "the governance policy lets {} approve (`review.approvers`), and not `{actor}`",
        named(.approvers)
    )]
    NotAnApprover {
        actor: String,
        approvers: Vec<String>,
    },
    #[error(
        "the governance policy demands a comment with each step of a review (`review.comment`); \
         `ReviewModelCard` and `probity card` take one, `UpdateModelCard` does not"
    )]
    NoComment,
    #[error(
        "the governance policy orders the steps of a review (`review.transitions`): from `{from}` \
         a card becomes {allowed}, not `{to}`"
    )]
    OutOfOrder {
        from: &'static str,
        to: &'static str,
        allowed: &'static str,
    },
    #[error("the governance policy keeps archived cards as they are (`review.archived`)")]
    Archived,
}

fn named(users: &[String]) -> String {
    let users: Vec<String> = users.iter().map(|user| format!("`{user}`")).collect();
    users.join(", ")
}

impl GovernancePolicy {
    /// The state of a card whose content was edited. Where the policy says anything of approvals,
    /// what was approved is what was read, and so is what was handed in for review.
    pub fn status_after_edit(&self, status: CardStatus) -> CardStatus {
        match status {
            CardStatus::Approved | CardStatus::PendingReview if self.guards_approval() => {
                CardStatus::Draft
            }
            CardStatus::Draft
            | CardStatus::PendingReview
            | CardStatus::Approved
            | CardStatus::Archived => status,
        }
    }

    /// By rules of any rating: an edit may change the rating, too.
    fn guards_approval(&self) -> bool {
        let mut tables = self.by_rating.values().chain([&self.card]);
        self.review.guards_approval() || tables.any(|rules| *rules != CardRules::default())
    }
}

impl ReviewRules {
    /// Whether the step may happen. An approved card may be approved again, which renews the
    /// approval; any other step from a state to itself is none.
    ///
    /// # Errors
    ///
    /// The rule that the step breaks.
    pub fn permits(&self, step: &Step<'_>) -> Result<(), Refusal> {
        if step.from == Some(step.to) && step.to != CardStatus::Approved {
            return Ok(());
        }
        self.permits_leaving(step.from)?;
        self.permits_order(step)?;
        if step.to == CardStatus::Approved {
            self.permits_approval(step)?;
        }
        let said = step
            .comment
            .is_some_and(|comment| !comment.trim().is_empty());
        match self.comment {
            // The first state of a card is no step of a review, unless it is an approval.
            CommentRule::Required if step.from.is_some() || step.to == CardStatus::Approved => {
                if said {
                    Ok(())
                } else {
                    Err(Refusal::NoComment)
                }
            }
            CommentRule::Required | CommentRule::Optional => Ok(()),
        }
    }

    /// Whether the content of a card in the state may be edited.
    ///
    /// # Errors
    ///
    /// The rule that an edit breaks.
    pub fn permits_edit(&self, status: CardStatus) -> Result<(), Refusal> {
        self.permits_leaving(Some(status))
    }

    fn guards_approval(&self) -> bool {
        let ordered = match self.transitions {
            TransitionRule::Any => false,
            TransitionRule::Ordered => true,
        };
        self.four_eyes || ordered || !self.approvers.is_empty()
    }

    fn permits_leaving(&self, status: Option<CardStatus>) -> Result<(), Refusal> {
        match self.archived {
            ArchivedRule::Final if status == Some(CardStatus::Archived) => Err(Refusal::Archived),
            ArchivedRule::Final | ArchivedRule::Advisory => Ok(()),
        }
    }

    fn permits_order(&self, step: &Step<'_>) -> Result<(), Refusal> {
        let (next, allowed): (&[CardStatus], _) = match (self.transitions, step.from) {
            (TransitionRule::Any, _) => return Ok(()),
            (TransitionRule::Ordered, None) => (&[CardStatus::Draft], "`Draft`"),
            (TransitionRule::Ordered, Some(from)) => after(from),
        };
        if next.contains(&step.to) {
            return Ok(());
        }
        Err(Refusal::OutOfOrder {
            from: step.from.map_or("nothing", CardStatus::as_str),
            to: step.to.as_str(),
            allowed,
        })
    }

    fn permits_approval(&self, step: &Step<'_>) -> Result<(), Refusal> {
        let actor = step.actor.to_owned();
        if self.four_eyes && step.authors.iter().any(|author| author == step.actor) {
            return Err(Refusal::OwnWork { actor });
        }
        let named = self.approvers.iter().any(|name| is_user(name, step.actor));
        if !named && !self.approvers.is_empty() {
            return Err(Refusal::NotAnApprover {
                actor,
                approvers: self.approvers.clone(),
            });
        }
        Ok(())
    }
}

/// The states that follow, and how a sentence tells them.
fn after(status: CardStatus) -> (&'static [CardStatus], &'static str) {
    match status {
        CardStatus::Draft => (&[CardStatus::PendingReview], "`PendingReview`"),
        CardStatus::PendingReview => (
            &[CardStatus::Approved, CardStatus::Draft],
            "`Approved` or `Draft`",
        ),
        CardStatus::Approved => (
            &[
                CardStatus::Approved,
                CardStatus::Archived,
                CardStatus::Draft,
            ],
            "`Archived` or `Draft`",
        ),
        CardStatus::Archived => (&[CardStatus::Draft], "`Draft`"),
    }
}

/// A user is named as it is or by the end of its ARN: `arn:…:user/risk-officer`.
fn is_user(name: &str, actor: &str) -> bool {
    actor == name
        || actor
            .strip_suffix(name)
            .is_some_and(|rest| rest.starts_with("arn:") && rest.ends_with(":user/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use CardStatus::{Approved, Archived, Draft, PendingReview};

    fn strict() -> ReviewRules {
        ReviewRules {
            four_eyes: true,
            comment: CommentRule::Required,
            transitions: TransitionRule::Ordered,
            approvers: vec!["grace".to_owned(), "ada".to_owned()],
            archived: ArchivedRule::Final,
        }
    }

    fn permits(
        rules: &ReviewRules,
        steps: (Option<CardStatus>, CardStatus),
    ) -> Result<(), Refusal> {
        let (from, to) = steps;
        rules.permits(&Step {
            from,
            to,
            actor: "grace",
            authors: &["ada".to_owned()],
            comment: Some("looked at it"),
        })
    }

    #[test]
    fn without_rules_every_step_is_permitted() {
        let rules = ReviewRules::default();
        for to in CardStatus::ALL {
            assert_eq!(permits(&rules, (None, to)), Ok(()));
            for from in CardStatus::ALL {
                assert_eq!(permits(&rules, (Some(from), to)), Ok(()));
            }
        }
    }

    #[test]
    fn ordered_steps_go_forward_one_by_one_or_back_to_the_draft() {
        let rules = ReviewRules {
            archived: ArchivedRule::Advisory,
            ..strict()
        };
        let allowed = [
            (None, Draft),
            (Some(Draft), PendingReview),
            (Some(PendingReview), Approved),
            (Some(PendingReview), Draft),
            (Some(Approved), Archived),
            (Some(Approved), Draft),
            (Some(Archived), Draft),
        ];
        let from = CardStatus::ALL.into_iter().map(Some).chain([None]);
        for from in from {
            for to in CardStatus::ALL {
                let expected = allowed.contains(&(from, to)) || from == Some(to);
                let result = permits(&rules, (from, to));
                assert_eq!(result.is_ok(), expected, "{from:?} {to:?} {result:?}");
            }
        }
    }

    #[test]
    fn nobody_approves_what_they_wrote_a_part_of() {
        let authors = ["ada".to_owned(), "grace".to_owned()];
        let step = Step {
            from: Some(PendingReview),
            to: Approved,
            actor: "grace",
            authors: &authors,
            comment: Some("fine"),
        };
        let own = Refusal::OwnWork {
            actor: "grace".to_owned(),
        };
        assert_eq!(strict().permits(&step), Err(own.clone()));
        let renewed = Step {
            from: Some(Approved),
            ..step
        };
        assert_eq!(strict().permits(&renewed), Err(own));
        let by_another = Step {
            authors: &authors[..1],
            ..step
        };
        assert_eq!(strict().permits(&by_another), Ok(()));
    }

    #[test]
    fn a_card_is_not_made_approved_by_its_author() {
        let rules = ReviewRules {
            four_eyes: true,
            ..ReviewRules::default()
        };
        let step = Step {
            from: None,
            to: Approved,
            actor: "ada",
            authors: &["ada".to_owned()],
            comment: None,
        };
        assert!(rules.permits(&step).is_err());
    }

    #[test]
    fn approvers_are_named_by_user_or_by_arn() {
        let rules = ReviewRules {
            approvers: vec!["grace".to_owned()],
            ..ReviewRules::default()
        };
        for (actor, expected) in [
            ("grace", true),
            ("arn:aws:iam::111122223333:user/grace", true),
            ("disgrace", false),
            ("arn:aws:iam::111122223333:user/disgrace", false),
            ("arn:aws:iam::111122223333:role/grace", false),
            ("ada", false),
        ] {
            let step = Step {
                from: Some(PendingReview),
                to: Approved,
                actor,
                authors: &[],
                comment: None,
            };
            assert_eq!(rules.permits(&step).is_ok(), expected, "{actor}");
        }
    }

    #[test]
    fn a_comment_of_blanks_is_none() {
        let rules = strict();
        let step = Step {
            from: Some(Draft),
            to: PendingReview,
            actor: "ada",
            authors: &[],
            comment: Some(" \n"),
        };
        assert_eq!(rules.permits(&step), Err(Refusal::NoComment));
    }

    #[test]
    fn final_archives_are_left_by_no_step_and_no_edit() {
        let rules = strict();
        assert_eq!(
            permits(&rules, (Some(Archived), Draft)),
            Err(Refusal::Archived)
        );
        assert_eq!(rules.permits_edit(Archived), Err(Refusal::Archived));
        assert_eq!(rules.permits_edit(Approved), Ok(()));
        assert_eq!(ReviewRules::default().permits_edit(Archived), Ok(()));
    }

    #[test]
    fn an_edit_takes_a_guarded_approval_or_submission_back() {
        let of_review = GovernancePolicy {
            review: strict(),
            ..GovernancePolicy::default()
        };
        let of_content =
            GovernancePolicy::from_toml("[card.High]\nexpires_after = \"1y\"").unwrap();
        let comments = GovernancePolicy::from_toml("[review]\ncomment = \"required\"").unwrap();
        for (policy, guarded) in [
            (of_review, true),
            (of_content, true),
            (comments, false),
            (GovernancePolicy::default(), false),
        ] {
            for status in CardStatus::ALL {
                let read = matches!(status, Approved | PendingReview);
                let expected = if guarded && read { Draft } else { status };
                assert_eq!(policy.status_after_edit(status), expected, "{policy:?}");
            }
        }
    }
}
