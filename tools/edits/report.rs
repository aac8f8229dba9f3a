// SPDX-License-Identifier: MIT OR Apache-2.0

//! Counts of decisions before and after an edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use liveness_core::check::Guidance;
use liveness_core::session::Status;
use liveness_eval::metrics::Rate;

use super::edit::Edit;
use super::judge::Judgement;

/// A picture's decisions: as it is, and after each of the edits.
pub struct Outcome {
    pub source: String,
    pub species: String,
    pub unedited: Judgement,
    pub edited: Vec<Judgement>,
}

impl Outcome {
    fn is_live(&self) -> bool {
        self.species == "live"
    }

    /// Returns whether one of the edits in `family` (of all, if `None`), or no edit, leads to an approval.
    fn best_is_approved(&self, edits: &[Edit], family: Option<&str>) -> bool {
        let of_family = |edit: &Edit| family.is_none_or(|family| edit.family() == family);
        let mut edited = edits.iter().zip(&self.edited).filter(|(edit, _)| of_family(edit));
        approved(&self.unedited) || edited.any(|(_, judgement)| approved(judgement))
    }
}

fn approved(judgement: &Judgement) -> bool {
    judgement.status == Status::Approved
}

/// Approved, in review, declined, of all.
fn counts<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> String {
    let mut counts = [0; 4];
    for judgement in judgements {
        let at = match judgement.status {
            Status::Approved => 0,
            Status::InReview => 1,
            _ => 2,
        };
        counts[at] += 1;
        counts[3] += usize::from(judgement.guidance == Guidance::MoveBack);
    }
    let [approved, review, declined, back] = counts;
    format!("{approved:4} / {review:4} / {declined:4} ({back:4})")
}

/// The whole report, as text.
pub fn report(edits: &[Edit], outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let mut groups: BTreeMap<(&str, &str), Vec<&Outcome>> = BTreeMap::new();
    let mut species: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        groups.entry((&outcome.species, &outcome.source)).or_default().push(outcome);
        species.entry(&outcome.species).or_default().push(outcome);
    }
    text.push_str("Approved / in review / declined (asked to move back), by species, source and edit\n");
    for ((species, source), of_group) in &groups {
        section(&mut text, &format!("{species}, {source}"), edits, of_group);
    }
    text.push_str("\nOf all sources\n");
    for (species, of_species) in &species {
        section(&mut text, species, edits, of_species);
    }
    for (species, of_species) in &species {
        if *species == "live" {
            live_summary(&mut text, edits, of_species);
        } else {
            attack_summary(&mut text, species, edits, of_species);
        }
    }
    let attacks: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.is_live()).collect();
    if !attacks.is_empty() {
        attack_summary(&mut text, "all attacks", edits, &attacks);
    }
    text
}

fn section(text: &mut String, title: &str, edits: &[Edit], outcomes: &[&Outcome]) {
    let unedited = counts(outcomes.iter().map(|outcome| &outcome.unedited));
    let _ = writeln!(text, "\n{title} (n = {})\n  {:34}{unedited}", outcomes.len(), "unedited");
    for (i, edit) in edits.iter().enumerate() {
        let edited = counts(outcomes.iter().map(|outcome| &outcome.edited[i]));
        let _ = writeln!(text, "  {edit:34}{edited}");
    }
}

/// Writes the gain of an attacker who knows the best edit for each picture.
fn attack_summary(text: &mut String, species: &str, edits: &[Edit], outcomes: &[&Outcome]) {
    let before = Rate::of(outcomes, |outcome| approved(&outcome.unedited));
    let _ = writeln!(text, "\nApproved, {species}: unedited {before}; with the best setting of");
    let mut families: Vec<&str> = edits.iter().map(|edit| edit.family()).collect();
    families.dedup();
    for family in families {
        let rate = Rate::of(outcomes, |outcome| outcome.best_is_approved(edits, Some(family)));
        let _ = writeln!(text, "  {family:10}{rate}");
    }
    let _ = writeln!(
        text,
        "  {:10}{}",
        "any",
        Rate::of(outcomes, |outcome| outcome.best_is_approved(edits, None))
    );
}

/// Writes the effect of the same edits on live pictures.
fn live_summary(text: &mut String, edits: &[Edit], outcomes: &[&Outcome]) {
    let before = Rate::of(outcomes, |outcome| approved(&outcome.unedited));
    let back = Rate::of(outcomes, |outcome| outcome.unedited.guidance == Guidance::MoveBack);
    let _ = writeln!(text, "\nLive, unedited: approved {before}, asked to move back {back}");
    let _ = writeln!(text, "Declined after an edit, not before:");
    for (i, edit) in edits.iter().enumerate() {
        let newly = |outcome: &&&Outcome| !outcome.unedited.is_refused() && outcome.edited[i].is_refused();
        let _ = writeln!(text, "  {edit:34}{}", Rate::of(outcomes, newly));
    }
}
