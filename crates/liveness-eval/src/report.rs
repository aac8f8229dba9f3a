// SPDX-License-Identifier: MIT OR Apache-2.0

//! The figures of an evaluation, calculated from all trials.

use std::collections::BTreeMap;

use crate::metrics::{Interval, Rate, Resamples, Roc, interval};
use serde::Serialize;

use super::case::{Case, Label};
use super::results::{Results, Settings};
use super::trial::{Answer, Trial};

/// Maximum number of errors of a kind that are listed.
const WORST: usize = 12;
/// Minimum number of presentations of a species for the worst-species rate. The rate of fewer presentations
/// is too uncertain.
pub const ENOUGH: usize = 10;
/// Name of the row of live people whose picture has no fault.
const FAULTLESS: &str = "without a fault";
/// APCERs at which the BPCER is reported: BPCER10, BPCER20, BPCER100.
const APCERS: [f64; 3] = [0.1, 0.05, 0.01];

/// A presentation and its result.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    /// The presentation.
    pub case: &'a Case,
    /// The result.
    pub trial: &'a Trial,
}

/// A rate with its 95 % interval, all 0–1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    /// The rate, or `None` if there are no presentations.
    pub share: Option<f64>,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of presentations counted.
    pub hits: usize,
    /// Number of all presentations.
    pub n: usize,
}

/// A figure other than a rate, with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The results of all presentations of a species.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Label of the presentations.
    pub label: Label,
    /// The species, or another common property of the presentations.
    pub species: String,
    /// true if other rows also contain these presentations.
    pub summary: bool,
    /// Number of presentations.
    pub presentations: usize,
    /// APNRR or BPNRR: the share of all presentations without a response. The other rates refer to those with
    /// a response.
    pub no_response: Figure,
    /// Rate of approvals.
    pub approved: Figure,
    /// Rate of reviews.
    pub in_review: Figure,
    /// Rate of declines.
    pub declined: Figure,
    /// Scores of the presentations with a response, 0–100.
    #[serde(skip)]
    pub scores: Vec<f64>,
}

/// The error rates of one rule for acting on the answers or the scores.
#[derive(Debug, Serialize)]
pub struct Point {
    /// The answers or scores that are accepted.
    pub accepted: String,
    /// APCER of all attacks together, as in the curves.
    pub apcer: Figure,
    /// The species with the highest APCER, among those with at least ten presentations.
    pub apcer_worst_species: String,
    /// APCER of the worst species.
    pub apcer_worst: Figure,
    /// BPCER of all live people.
    pub bpcer: Figure,
    /// Mean of the worst species' APCER and of BPCER, 0–1, for comparison with papers.
    pub acer: f64,
}

/// The separation of attacks and live people by their scores, regardless of thresholds.
#[derive(Debug, Serialize)]
pub struct Separation {
    /// Area under the ROC curve, 0–1.
    pub auc: Estimate,
    /// Equal error rate, 0–1.
    pub eer: Estimate,
    /// BPCER by the allowed APCER, 0–1.
    pub bpcer_at_apcer: Vec<(f64, Figure)>,
    /// The scores.
    #[serde(skip)]
    pub roc: Roc,
}

/// The results of a third of the presentations, ordered by a property.
#[derive(Debug, Serialize)]
pub struct Band {
    /// Lowest value of the property.
    pub from: f64,
    /// Highest value of the property.
    pub to: f64,
    /// Rate of approved live people.
    pub live_approved: Figure,
    /// Rate of declined live people.
    pub live_declined: Figure,
    /// Rate of approved attacks.
    pub attacks_approved: Figure,
}

/// A presentation with a wrong result.
#[derive(Debug, Serialize)]
pub struct Mistake {
    /// Id of the case.
    pub id: String,
    /// Species of the case.
    pub species: String,
    /// Status of the decision.
    pub status: String,
    /// Liveness score, 0–100.
    pub score: f64,
    /// Risks of the warnings, with their reasons.
    pub reasons: Vec<String>,
}

/// The figures of an evaluation.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Description of the data.
    pub source: String,
    /// Settings of the check.
    pub settings: Settings,
    /// Number of presentations.
    pub presentations: usize,
    /// Number of subjects. Each presentation without a named subject counts as one.
    pub subjects: usize,
    /// true if the intervals take into account that presentations of the same subject are related.
    pub by_subject: bool,
    /// Rates by species.
    pub rows: Vec<Row>,
    /// Error rates of the answers.
    pub points: Vec<Point>,
    /// Separation by the scores, if there are scores of both kinds.
    pub separation: Option<Separation>,
    /// Error rates of the score alone at the review threshold: the point marked on the curves.
    pub at_threshold: Option<Point>,
    /// Results by thirds of face quality.
    pub by_quality: Vec<Band>,
    /// Results by thirds of face luminance.
    pub by_luminance: Vec<Band>,
    /// Median and maximum time until the decision, in seconds of the stream.
    pub seconds: Option<(f64, f64)>,
    /// Attacks that were approved or sent to review, with the highest score first.
    pub attacks_accepted: Vec<Mistake>,
    /// Live people who were declined, with the lowest score first.
    pub live_declined: Vec<Mistake>,
    /// Ids of the presentations that could not be played, with the reason.
    pub failed: Vec<(String, String)>,
}

impl Report {
    /// Calculates the figures of the cases that have results.
    pub fn of<'a>(cases: &'a [Case], results: &'a Results, source: String, settings: Settings) -> Self {
        let judged = |case: &'a Case| results.get(&case.id).map(|trial| Judged { case, trial });
        let all: Vec<_> = cases.iter().filter_map(judged).collect();
        let resamples = by_subject(&all);
        let of = |label| some(&all, |one| one.case.label == label);
        let (live, attacks) = (responding(&of(Label::Live)), responding(&of(Label::Attack)));
        Self {
            source,
            presentations: all.len(),
            subjects: resamples.subjects(),
            by_subject: resamples.are_clustered(),
            rows: rows(&all),
            points: points(&live, &attacks),
            at_threshold: at_threshold(&live, &attacks, settings.review_threshold),
            separation: separation(&live, &attacks),
            by_quality: bands(&live, &attacks, |trial| trial.face_quality),
            by_luminance: bands(&live, &attacks, |trial| trial.face_luminance),
            seconds: seconds(&all),
            attacks_accepted: mistakes(&attacks, &[Answer::Approved, Answer::InReview], |trial| -trial.score),
            live_declined: mistakes(&live, &[Answer::Declined], |trial| trial.score),
            failed: all
                .iter()
                .filter_map(|one| one.trial.error.clone().map(|error| (one.case.id.clone(), error)))
                .collect(),
            settings,
        }
    }
}

impl Judged<'_> {
    fn is(&self, answer: Answer) -> bool {
        self.trial.answer() == answer
    }
}

impl Figure {
    /// Returns a rate with its exact interval. If a subject was presented several times, the interval is
    /// widened to that of resampled subjects.
    fn of(all: &[Judged<'_>], hit: impl Fn(&Judged<'_>) -> bool) -> Self {
        let rate = Rate::of(all, |one| hit(one));
        let (mut low, mut high) = rate.interval();
        let resamples = by_subject(all);
        if resamples.are_clustered() {
            let shares = resamples.figures(|some| Rate::of(some, |one| hit(one)).share());
            (low, high) = widened((low, high), interval(shares));
        }
        Self { share: rate.share(), low, high, hits: rate.hits, n: rate.n }
    }
}

fn widened((low, high): Interval, other: Option<Interval>) -> Interval {
    other.map_or((low, high), |(lower, higher)| (low.min(lower), high.max(higher)))
}

fn by_subject<'a, 'b>(all: &'a [Judged<'b>]) -> Resamples<'a, Judged<'b>> {
    Resamples::by_subject(all, |one| one.case.subject.as_str())
}

fn some<'a>(all: &[Judged<'a>], wanted: impl Fn(&Judged<'a>) -> bool) -> Vec<Judged<'a>> {
    all.iter().copied().filter(|one| wanted(one)).collect()
}

fn responding<'a>(all: &[Judged<'a>]) -> Vec<Judged<'a>> {
    some(all, |one| !one.is(Answer::None))
}

/// Returns one row per species, live ones first. A label with several species also has a row for all of them,
/// before the others.
fn rows(all: &[Judged<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (label, together) in
        [(Label::Live, Some("all live")), (Label::Attack, Some("all attacks")), (Label::Other, None)]
    {
        let own = some(all, |one| one.case.label == label);
        let mut species: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
        for one in &own {
            species.entry(one.case.species.as_str()).or_default().push(*one);
        }
        if let Some(name) = together.filter(|_| species.len() > 1) {
            rows.push(summary(row(label, name, &own)));
        }
        rows.extend(species.iter().map(|(name, those)| row(label, name, those)));
        let faultless = some(&own, |one| one.trial.is_faultless());
        if label == Label::Live && !faultless.is_empty() && faultless.len() < own.len() {
            rows.push(summary(row(label, FAULTLESS, &faultless)));
        }
    }
    rows
}

fn row(label: Label, species: &str, all: &[Judged<'_>]) -> Row {
    let responding = responding(all);
    let share = |answer| Figure::of(&responding, |one| one.is(answer));
    Row {
        label,
        species: species.to_owned(),
        summary: false,
        presentations: all.len(),
        no_response: Figure::of(all, |one| one.is(Answer::None)),
        approved: share(Answer::Approved),
        in_review: share(Answer::InReview),
        declined: share(Answer::Declined),
        scores: scores(&responding),
    }
}

fn summary(row: Row) -> Row {
    Row { summary: true, ..row }
}

fn scores(all: &[Judged<'_>]) -> Vec<f64> {
    all.iter().map(|one| one.trial.score).collect()
}

fn points(live: &[Judged<'_>], attacks: &[Judged<'_>]) -> Vec<Point> {
    let ways: [(&str, &[Answer]); 2] =
        [("Approved", &[Answer::Approved]), ("Approved, In Review", &[Answer::Approved, Answer::InReview])];
    let point = |(name, answers): (&str, &[Answer])| {
        point(name, live, attacks, |one| answers.contains(&one.trial.answer()))
    };
    ways.into_iter().filter_map(point).collect()
}

fn at_threshold(live: &[Judged<'_>], attacks: &[Judged<'_>], threshold: f64) -> Option<Point> {
    point(&format!("score above {threshold}"), live, attacks, |one| one.trial.score > threshold)
}

/// Returns the error rates, or `None` if no species has enough presentations.
fn point(
    name: &str,
    live: &[Judged<'_>],
    attacks: &[Judged<'_>],
    accepts: impl Fn(&Judged<'_>) -> bool,
) -> Option<Point> {
    let mut species: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
    for one in attacks {
        species.entry(one.case.species.as_str()).or_default().push(*one);
    }
    let apcer = species.iter().map(|(name, those)| (*name, Figure::of(those, &accepts)));
    let apcer: Vec<_> = apcer.filter(|(_, figure)| figure.n >= ENOUGH).collect();
    let share = |figure: &Figure| figure.share.unwrap_or(0.0);
    let (worst, apcer_worst) = apcer.into_iter().max_by(|(_, a), (_, b)| share(a).total_cmp(&share(b)))?;
    let bpcer = Figure::of(live, |one| !accepts(one));
    let acer = 0.5 * (apcer_worst.share? + bpcer.share?);
    Some(Point {
        accepted: name.to_owned(),
        apcer: Figure::of(attacks, &accepts),
        apcer_worst_species: worst.to_owned(),
        apcer_worst,
        bpcer,
        acer,
    })
}

fn separation(live: &[Judged<'_>], attacks: &[Judged<'_>]) -> Option<Separation> {
    let roc = Roc::new(scores(live), scores(attacks))?;
    let both = [live, attacks].concat();
    let resamples = by_subject(&both);
    let resampled = |figure: fn(&Roc) -> f64| {
        interval(resamples.figures(|those| {
            let of = |label| {
                those.iter().filter(|one| one.case.label == label).map(|one| one.trial.score).collect()
            };
            Roc::new(of(Label::Live), of(Label::Attack)).map(|roc| figure(&roc))
        }))
    };
    let clustered = resamples.are_clustered();
    let auc = widened(roc.auc_interval(), clustered.then(|| resampled(Roc::auc)).flatten());
    let eer = resampled(Roc::eer).unwrap_or((0.0, 1.0));
    let bpcer = |apcer| {
        let threshold = roc.threshold_at_apcer(apcer);
        (apcer, Figure::of(live, |one| one.trial.score <= threshold))
    };
    let estimate = |value, (low, high)| Estimate { value, low, high };
    Some(Separation {
        auc: estimate(roc.auc(), auc),
        eer: estimate(roc.eer(), eer),
        bpcer_at_apcer: APCERS.into_iter().map(bpcer).collect(),
        roc,
    })
}

/// Returns the results by thirds of the presentations, ordered by `property`.
fn bands(live: &[Judged<'_>], attacks: &[Judged<'_>], property: impl Fn(&Trial) -> Option<f64>) -> Vec<Band> {
    let value = |one: &Judged<'_>| property(one.trial);
    let mut values: Vec<_> = live.iter().chain(attacks).filter_map(value).collect();
    values.sort_by(f64::total_cmp);
    let edge =
        |part: usize| values.get((values.len() * part / 3).min(values.len().saturating_sub(1))).copied();
    let edges: Vec<_> = (0..=3).filter_map(edge).collect();
    let band = |i: usize| {
        let (from, to) = (edges[i], edges[i + 1]);
        let within = |one: &Judged<'_>| value(one).is_some_and(|v| v >= from && (v < to || i == 2));
        let (live, attacks) = (some(live, within), some(attacks, within));
        Band {
            from,
            to,
            live_approved: Figure::of(&live, |one| one.is(Answer::Approved)),
            live_declined: Figure::of(&live, |one| one.is(Answer::Declined)),
            attacks_approved: Figure::of(&attacks, |one| one.is(Answer::Approved)),
        }
    };
    if edges.len() == 4 { (0..3).map(band).collect() } else { Vec::new() }
}

fn seconds(all: &[Judged<'_>]) -> Option<(f64, f64)> {
    let mut seconds: Vec<_> = all.iter().filter_map(|one| one.trial.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    Some((*seconds.get(seconds.len() / 2)?, *seconds.last()?))
}

/// Returns the presentations with one of the answers, the worst first.
fn mistakes(all: &[Judged<'_>], answers: &[Answer], order: impl Fn(&Trial) -> f64) -> Vec<Mistake> {
    let mut wrong = some(all, |one| answers.contains(&one.trial.answer()));
    wrong.sort_by(|a, b| order(a.trial).total_cmp(&order(b.trial)));
    wrong.truncate(WORST);
    let mistake = |one: Judged<'_>| Mistake {
        id: one.case.id.clone(),
        species: one.case.species.clone(),
        status: one.trial.status.clone(),
        score: one.trial.score,
        reasons: one.trial.reasons.clone(),
    };
    wrong.into_iter().map(mistake).collect()
}
