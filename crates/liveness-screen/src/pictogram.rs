// SPDX-License-Identifier: MIT OR Apache-2.0

//! Pictograms, drawn in a square with sides of 1.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use cairo::{Context, Error, LineCap, LineJoin};

use super::view::Prompt;
use liveness_core::check::{Action, Guidance};
use liveness_core::session::{Advice, Status};

/// Width of the lines.
const LINE: f64 = 0.075;

/// Draws a prompt's sign.
pub(super) fn draw(cr: &Context, prompt: Prompt) -> Result<(), Error> {
    cr.set_line_width(LINE);
    cr.set_line_cap(LineCap::Round);
    cr.set_line_join(LineJoin::Round);
    match prompt {
        Prompt::Coach(guidance) => coach(cr, guidance),
        Prompt::Good | Prompt::Verdict(Status::Approved) => tick(cr),
        Prompt::Light => sun(cr),
        Prompt::Missed | Prompt::Verdict(Status::Declined) => cross(cr),
        Prompt::Verdict(Status::InReview) => dots(cr),
        Prompt::Verdict(_) => stop(cr),
        Prompt::Act(action) => act(cr, action),
        Prompt::Retry(advice) => advise(cr, advice),
        Prompt::Ready(_) => attention(cr),
    }
}

fn coach(cr: &Context, guidance: Guidance) -> Result<(), Error> {
    match guidance {
        Guidance::Ok => face(cr, eyes, smile_slight),
        Guidance::NoFace => dashed_face(cr),
        Guidance::MultipleFaces => two_heads(cr),
        Guidance::MoveCloser => pointed(cr, 0.16, OUTWARD),
        Guidance::MoveBack => pointed(cr, 0.16, INWARD),
        Guidance::CenterFace => target(cr),
        Guidance::LookStraight => camera(cr),
        Guidance::HoldStill => pause(cr),
        Guidance::OpenEyes => eye(cr),
        Guidance::TooDark => moon(cr),
        Guidance::TooBright => struck(cr, sun),
        Guidance::Blurred => waves(cr),
        Guidance::Glare => glasses(cr),
        Guidance::FaceCovered => masked(cr),
    }
}

/// An attempt failed: what was wrong is struck out or shown, else a turning arrow says that another follows.
fn advise(cr: &Context, advice: Advice) -> Result<(), Error> {
    match advice {
        Advice::Coach(guidance) => coach(cr, guidance),
        Advice::Further(action) | Advice::OtherWay(action) => act(cr, action),
        Advice::OnlyAsked => cross(cr),
        Advice::Promptly | Advice::Wait | Advice::Return => attention(cr),
        Advice::StayInLight => sun(cr),
        Advice::Darker | Advice::OtherLight | Advice::Steady => struck(cr, sun),
        Advice::OnePerson => two_heads(cr),
        Advice::Camera | Advice::Operator => camera(cr),
        Advice::StayVisible => dashed_face(cr),
        Advice::Settle => target(cr),
        Advice::EvenLight => again(cr),
    }
}

fn act(cr: &Context, action: Action) -> Result<(), Error> {
    match action {
        Action::Blink => face(cr, closed_eyes, smile_slight),
        Action::Smile => face(cr, eyes, smile),
        Action::OpenMouth => face(cr, eyes, open_mouth),
        Action::RaiseBrows => face(cr, raised_brows, smile_slight),
        Action::Nod => {
            placed(cr, -0.08, |cr| arrow(cr, 0.0, 1.0))?;
            placed(cr, 0.42, |cr| arrow(cr, 0.0, -1.0))
        }
        Action::TurnLeft | Action::TurnRight | Action::LookUp => {
            let (across, down) = direction(Prompt::Act(action)).unwrap_or_default();
            arrow(cr, across.into(), down.into())
        }
    }
}

/// Which way the head moves, on the screen: right and down are positive.
pub(super) fn direction(prompt: Prompt) -> Option<(f32, f32)> {
    match prompt {
        Prompt::Act(Action::TurnLeft) => Some((-1.0, 0.0)),
        Prompt::Act(Action::TurnRight) => Some((1.0, 0.0)),
        Prompt::Act(Action::LookUp) => Some((0.0, -1.0)),
        _ => None,
    }
}

/// A filled arrow.
pub(super) fn arrow(cr: &Context, across: f64, down: f64) -> Result<(), Error> {
    cr.save()?;
    cr.translate(0.5, 0.5);
    cr.rotate(down.atan2(across));
    let points =
        [(0.46, 0.0), (0.04, -0.4), (0.04, -0.15), (-0.44, -0.15), (-0.44, 0.15), (0.04, 0.15), (0.04, 0.4)];
    points.into_iter().for_each(|(x, y)| cr.line_to(x, y));
    cr.close_path();
    cr.set_line_join(LineJoin::Round);
    cr.set_line_width(0.06);
    cr.fill_preserve()?;
    cr.stroke()?;
    cr.restore()
}

/// Smaller, in the middle of the square's height.
fn placed(cr: &Context, x: f64, draw: impl Fn(&Context) -> Result<(), Error>) -> Result<(), Error> {
    const SIZE: f64 = 0.66;
    cr.save()?;
    cr.translate(x, (1.0 - SIZE) / 2.0);
    cr.scale(SIZE, SIZE);
    draw(cr)?;
    cr.restore()
}

type Feature = fn(&Context) -> Result<(), Error>;

/// Adds a circle to the path.
fn circle(cr: &Context, x: f64, y: f64, radius: f64) {
    cr.new_sub_path();
    cr.arc(x, y, radius, 0.0, TAU);
}

/// Adds an upright ellipse to the path, by its centre and its two radii.
fn oval(cr: &Context, center: (f64, f64), radii: (f64, f64)) -> Result<(), Error> {
    cr.save()?;
    cr.translate(center.0, center.1);
    cr.scale(radii.0, radii.1);
    circle(cr, 0.0, 0.0, 1.0);
    cr.restore()
}

fn face(cr: &Context, upper: Feature, lower: Feature) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    upper(cr)?;
    lower(cr)
}

fn eyes(cr: &Context) -> Result<(), Error> {
    for x in [0.34, 0.66] {
        circle(cr, x, 0.42, 0.06);
    }
    cr.fill()
}

fn closed_eyes(cr: &Context) -> Result<(), Error> {
    for x in [0.33, 0.67] {
        cr.new_sub_path();
        cr.arc(x, 0.37, 0.1, 0.15 * PI, 0.85 * PI);
    }
    cr.stroke()
}

fn raised_brows(cr: &Context) -> Result<(), Error> {
    for x in [0.33, 0.67] {
        cr.new_sub_path();
        cr.arc(x, 0.34, 0.12, 1.2 * PI, 1.8 * PI);
    }
    cr.stroke()?;
    eyes(cr)
}

fn smile_slight(cr: &Context) -> Result<(), Error> {
    cr.new_sub_path();
    cr.arc(0.5, 0.42, 0.28, 0.33 * PI, 0.67 * PI);
    cr.stroke()
}

fn smile(cr: &Context) -> Result<(), Error> {
    cr.new_sub_path();
    cr.arc(0.5, 0.54, 0.24, 0.0, PI);
    cr.close_path();
    cr.fill()
}

fn open_mouth(cr: &Context) -> Result<(), Error> {
    oval(cr, (0.5, 0.68), (0.11, 0.15))?;
    cr.fill()
}

pub(super) fn disc(cr: &Context) {
    circle(cr, 0.5, 0.5, 0.44);
}

fn tick(cr: &Context) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    cr.set_line_width(0.11);
    [(0.29, 0.53), (0.44, 0.67), (0.71, 0.36)].into_iter().for_each(|(x, y)| cr.line_to(x, y));
    cr.stroke()
}

fn cross(cr: &Context) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    cr.set_line_width(0.11);
    for (from, to) in [((0.34, 0.34), (0.66, 0.66)), ((0.66, 0.34), (0.34, 0.66))] {
        cr.move_to(from.0, from.1);
        cr.line_to(to.0, to.1);
    }
    cr.stroke()
}

fn dots(cr: &Context) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    for x in [0.29, 0.5, 0.71] {
        circle(cr, x, 0.5, 0.065);
    }
    cr.fill()
}

/// A square within a circle: nothing goes on.
fn stop(cr: &Context) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    cr.rectangle(0.34, 0.34, 0.32, 0.32);
    cr.fill()
}

/// An arrow that turns round.
fn again(cr: &Context) -> Result<(), Error> {
    cr.set_line_width(0.1);
    cr.new_sub_path();
    cr.arc(0.5, 0.52, 0.36, -0.25 * PI, 1.35 * PI);
    cr.stroke()?;
    [(0.55, 0.3), (0.98, 0.3), (0.76, 0.02)].into_iter().for_each(|(x, y)| cr.line_to(x, y));
    cr.close_path();
    cr.fill()
}

/// Head and shoulders within `x` ± 0.24.
fn head(cr: &Context, x: f64) -> Result<(), Error> {
    circle(cr, x, 0.36, 0.15);
    cr.stroke()?;
    cr.new_sub_path();
    cr.arc(x, 0.88, 0.24, PI, TAU);
    cr.stroke()
}

fn two_heads(cr: &Context) -> Result<(), Error> {
    head(cr, 0.27)?;
    head(cr, 0.73)
}

/// The outline of a face that is not there.
fn dashed_face(cr: &Context) -> Result<(), Error> {
    oval(cr, (0.5, 0.5), (0.34, 0.44))?;
    cr.set_dash(&[0.13, 0.15], 0.0);
    cr.stroke()?;
    cr.set_dash(&[], 0.0);
    Ok(())
}

/// Directions of arrows in the corners.
const OUTWARD: f64 = 1.0;
const INWARD: f64 = -1.0;

/// A head with arrows in the corners that point away from it or to it.
fn pointed(cr: &Context, radius: f64, way: f64) -> Result<(), Error> {
    circle(cr, 0.5, 0.5, radius);
    cr.fill()?;
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        // The tip, and the ends of its two legs.
        let (tip, leg) = if way > 0.0 { (0.46, 0.24) } else { (0.24, 0.46) };
        cr.move_to(0.5 + x * leg, 0.5 + y * tip);
        cr.line_to(0.5 + x * tip, 0.5 + y * tip);
        cr.line_to(0.5 + x * tip, 0.5 + y * leg);
    }
    cr.stroke()
}

fn target(cr: &Context) -> Result<(), Error> {
    circle(cr, 0.5, 0.5, 0.24);
    for (x, y) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
        cr.move_to(0.5 + 0.46 * x, 0.5 + 0.46 * y);
        cr.line_to(0.5 + 0.12 * x, 0.5 + 0.12 * y);
    }
    cr.stroke()
}

fn camera(cr: &Context) -> Result<(), Error> {
    cr.rectangle(0.06, 0.26, 0.88, 0.56);
    cr.stroke()?;
    circle(cr, 0.5, 0.54, 0.16);
    cr.stroke()?;
    cr.rectangle(0.36, 0.14, 0.28, 0.12);
    cr.fill()
}

fn pause(cr: &Context) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    cr.set_line_width(0.12);
    for x in [0.39, 0.61] {
        cr.move_to(x, 0.34);
        cr.line_to(x, 0.66);
    }
    cr.stroke()
}

fn eye(cr: &Context) -> Result<(), Error> {
    cr.new_sub_path();
    cr.arc(0.5, 0.84, 0.56, 1.22 * PI, 1.78 * PI);
    cr.stroke()?;
    cr.new_sub_path();
    cr.arc(0.5, 0.16, 0.56, 0.22 * PI, 0.78 * PI);
    cr.stroke()?;
    circle(cr, 0.5, 0.5, 0.13);
    cr.fill()
}

fn moon(cr: &Context) -> Result<(), Error> {
    cr.new_sub_path();
    cr.arc(0.46, 0.5, 0.4, 0.2 * PI, 1.8 * PI);
    cr.arc_negative(0.68, 0.5, 0.29, 1.6 * PI, 0.4 * PI);
    cr.close_path();
    cr.fill()
}

/// Draws a feature with a line through it.
fn struck(cr: &Context, draw: Feature) -> Result<(), Error> {
    draw(cr)?;
    cr.save()?;
    cr.set_operator(cairo::Operator::Clear);
    cr.set_line_width(0.22);
    cr.move_to(0.1, 0.9);
    cr.line_to(0.9, 0.1);
    cr.stroke()?;
    cr.restore()?;
    cr.set_line_width(0.09);
    cr.move_to(0.1, 0.9);
    cr.line_to(0.9, 0.1);
    cr.stroke()
}

fn waves(cr: &Context) -> Result<(), Error> {
    for y in [0.25, 0.5, 0.75] {
        cr.move_to(0.06, y);
        cr.curve_to(0.25, y - 0.2, 0.3, y - 0.2, 0.5, y);
        cr.curve_to(0.7, y + 0.2, 0.75, y + 0.2, 0.94, y);
    }
    cr.stroke()
}

/// Glasses with a gleam.
fn glasses(cr: &Context) -> Result<(), Error> {
    for x in [0.25, 0.75] {
        circle(cr, x, 0.58, 0.19);
    }
    cr.stroke()?;
    cr.move_to(0.44, 0.54);
    cr.line_to(0.56, 0.54);
    for (x, y) in [(0.66, 0.06), (0.84, 0.1), (0.96, 0.22)] {
        cr.move_to(x, y);
        cr.line_to(x + 0.35 * (0.75 - x), y + 0.35 * (0.58 - y));
    }
    cr.stroke()
}

/// A face with a cloth over mouth and nose, and the strings that hold it.
fn masked(cr: &Context) -> Result<(), Error> {
    face(cr, eyes, |cr| {
        for (from, to) in [((0.08, 0.42), (0.28, 0.56)), ((0.92, 0.42), (0.72, 0.56))] {
            cr.move_to(from.0, from.1);
            cr.line_to(to.0, to.1);
        }
        cr.stroke()?;
        cr.rectangle(0.25, 0.53, 0.5, 0.26);
        cr.fill()
    })
}

/// An exclamation mark.
fn attention(cr: &Context) -> Result<(), Error> {
    disc(cr);
    cr.stroke()?;
    cr.set_line_width(0.11);
    cr.move_to(0.5, 0.27);
    cr.line_to(0.5, 0.53);
    cr.stroke()?;
    cr.arc(0.5, 0.73, 0.065, 0.0, TAU);
    cr.fill()
}

fn sun(cr: &Context) -> Result<(), Error> {
    circle(cr, 0.5, 0.5, 0.2);
    cr.fill()?;
    for i in 0..8 {
        let (sin, cos) = (f64::from(i) * FRAC_PI_2 / 2.0).sin_cos();
        cr.move_to(0.5 + 0.33 * cos, 0.5 + 0.33 * sin);
        cr.line_to(0.5 + 0.45 * cos, 0.5 + 0.45 * sin);
    }
    cr.stroke()
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::check::ActionState;

    const SIDE: i32 = 48;

    fn pixels(prompt: Prompt) -> Vec<u8> {
        let mut surface = cairo::ImageSurface::create(cairo::Format::A8, SIDE, SIDE).unwrap();
        {
            let cr = Context::new(&surface).unwrap();
            cr.scale(SIDE.into(), SIDE.into());
            draw(&cr, prompt).unwrap();
        }
        surface.data().unwrap().to_vec()
    }

    /// The share of the square in which two pictures differ.
    fn difference(a: &[u8], b: &[u8]) -> f64 {
        let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / (255.0 * f64::from(SIDE * SIDE))
    }

    fn are_told_apart(prompts: &[Prompt]) {
        let all: Vec<_> = prompts.iter().map(|prompt| pixels(*prompt)).collect();
        for (i, one) in all.iter().enumerate() {
            assert!(difference(one, &vec![0; one.len()]) > 0.05, "{:?} is empty", prompts[i]);
            for (j, other) in all.iter().enumerate().skip(i + 1) {
                let apart = difference(one, other);
                assert!(apart > 0.02, "{:?} and {:?}: {apart}", prompts[i], prompts[j]);
            }
        }
    }

    #[test]
    fn every_message_has_its_own_picture() {
        are_told_apart(&Guidance::ALL.map(Prompt::Coach));
        are_told_apart(&Action::ALL.map(Prompt::Act));
        let ends = [Status::Approved, Status::InReview, Status::Declined, Status::Abandoned];
        are_told_apart(&ends.map(Prompt::Verdict));
        let states = ActionState::ALL.map(|state| match state {
            ActionState::Requested => Prompt::Act(Action::Nod),
            ActionState::Done => Prompt::Good,
            ActionState::Failed => Prompt::Missed,
        });
        are_told_apart(&[&states[..], &[Prompt::Light, Prompt::Retry(Advice::EvenLight)]].concat());
    }
}
