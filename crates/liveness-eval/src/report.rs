//! The figures over all trials.

use std::collections::BTreeMap;

use crate::metrics::{Interval, Rate, Resamples, Roc, interval};
use serde::Serialize;

use super::case::{Case, Label};
use super::results::{Results, Settings};
use super::trial::{Answer, Trial};

/// How many errors of a kind are named.
const WORST: usize = 12;
/// A species with fewer presentations cannot be the worst: its rate says next to nothing.
pub const ENOUGH: usize = 10;
/// Live people of whose picture nothing is complained about.
const FAULTLESS: &str = "without a fault";
/// APCERs at which BPCER is told: BPCER10, BPCER20, BPCER100.
const APCERS: [f64; 3] = [0.1, 0.05, 0.01];

/// A presentation and what came of it.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    pub case: &'a Case,
    pub trial: &'a Trial,
}

/// A rate, from 0 to 1, with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    pub share: Option<f64>,
    pub low: f64,
    pub high: f64,
    pub hits: usize,
    pub n: usize,
}

/// Any other figure with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// All presentations of a species.
#[derive(Debug, Serialize)]
pub struct Row {
    pub label: Label,
    /// Or what they have in common besides.
    pub species: String,
    /// Whether other rows have its presentations, too.
    pub summary: bool,
    pub presentations: usize,
    /// APNRR or BPNRR: of all presentations, those without response. The other rates are of those with one.
    pub no_response: Figure,
    pub approved: Figure,
    pub in_review: Figure,
    pub declined: Figure,
    #[serde(skip)]
    pub scores: Vec<f64>,
}

/// The errors of one way to act on the answers or the scores.
#[derive(Debug, Serialize)]
pub struct Point {
    /// The answers or scores that let a person in.
    pub accepted: String,
    /// The rate for all attacks together, as in the curves.
    pub apcer: Figure,
    /// Of the species with at least ten presentations.
    pub apcer_worst_species: String,
    pub apcer_worst: Figure,
    pub bpcer: Figure,
    /// The mean of both, for comparison with papers.
    pub acer: f64,
}

/// How well scores tell attacks from live people, whatever the thresholds.
#[derive(Debug, Serialize)]
pub struct Separation {
    pub auc: Estimate,
    pub eer: Estimate,
    /// By the APCER that is allowed.
    pub bpcer_at_apcer: Vec<(f64, Figure)>,
    #[serde(skip)]
    pub roc: Roc,
}

/// A third of the presentations, by some property of theirs.
#[derive(Debug, Serialize)]
pub struct Band {
    pub from: f64,
    pub to: f64,
    pub live_approved: Figure,
    pub live_declined: Figure,
    pub attacks_approved: Figure,
}

#[derive(Debug, Serialize)]
pub struct Mistake {
    pub id: String,
    pub species: String,
    pub status: String,
    pub score: f64,
    pub reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub source: String,
    pub settings: Settings,
    pub presentations: usize,
    /// How many different ones are named; each presentation of nobody in particular counts by itself.
    pub subjects: usize,
    /// Whether intervals take into account that a subject's presentations belong together.
    pub by_subject: bool,
    pub rows: Vec<Row>,
    pub points: Vec<Point>,
    pub separation: Option<Separation>,
    /// The errors of the score alone, at the threshold for review: the point that is marked on the curves.
    pub at_threshold: Option<Point>,
    pub by_quality: Vec<Band>,
    pub by_luminance: Vec<Band>,
    /// Until the decision, in the stream's time: the middle and the longest.
    pub seconds: Option<(f64, f64)>,
    pub attacks_accepted: Vec<Mistake>,
    pub live_declined: Vec<Mistake>,
    /// What could not be played, and why.
    pub failed: Vec<(String, String)>,
}

impl Report {
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
    /// The exact interval, widened to that of resampled subjects where a subject was presented several times.
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

/// A row per species, live ones first; of labels with several, one of all together before them.
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

/// `None` where no species has enough presentations.
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

/// Thirds of the presentations by `property`.
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

/// Those with one of the answers, the worst first.
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
