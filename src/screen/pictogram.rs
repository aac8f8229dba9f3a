//! Pictograms, drawn in a square with sides of 1.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use cairo::{Context, Error, LineCap, LineJoin};

use super::view::Prompt;
use crate::check::{Action, Guidance};
use crate::session::Status;

/// Width of the lines.
const LINE: f64 = 0.075;

/// Draws a prompt's sign.
pub(super) fn draw(cr: &Context, prompt: Prompt) -> Result<(), Error> {
    cr.set_line_width(LINE);
    cr.set_line_cap(LineCap::Round);
    cr.set_line_join(LineJoin::Round);
    match prompt {
        Prompt::Coach(Guidance::Ok) => face(cr, eyes, smile_slight),
        Prompt::Coach(_) => attention(cr),
        Prompt::Good | Prompt::Verdict(Status::Approved) => tick(cr),
        Prompt::Light => sun(cr),
        Prompt::Verdict(Status::Declined) => cross(cr),
        Prompt::Verdict(_) => dots(cr),
        Prompt::Act(action) => act(cr, action),
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

fn face(cr: &Context, upper: Feature, lower: Feature) -> Result<(), Error> {
    cr.new_sub_path();
    cr.arc(0.5, 0.5, 0.44, 0.0, TAU);
    cr.stroke()?;
    upper(cr)?;
    lower(cr)
}

fn eyes(cr: &Context) -> Result<(), Error> {
    for x in [0.34, 0.66] {
        cr.new_sub_path();
        cr.arc(x, 0.42, 0.06, 0.0, TAU);
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
    cr.save()?;
    cr.translate(0.5, 0.68);
    cr.scale(0.11, 0.15);
    cr.new_sub_path();
    cr.arc(0.0, 0.0, 1.0, 0.0, TAU);
    cr.restore()?;
    cr.fill()
}

pub(super) fn disc(cr: &Context) {
    cr.new_sub_path();
    cr.arc(0.5, 0.5, 0.44, 0.0, TAU);
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
        cr.new_sub_path();
        cr.arc(x, 0.5, 0.065, 0.0, TAU);
    }
    cr.fill()
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
    cr.new_sub_path();
    cr.arc(0.5, 0.5, 0.2, 0.0, TAU);
    cr.fill()?;
    for i in 0..8 {
        let (sin, cos) = (f64::from(i) * FRAC_PI_2 / 2.0).sin_cos();
        cr.move_to(0.5 + 0.33 * cos, 0.5 + 0.33 * sin);
        cr.line_to(0.5 + 0.45 * cos, 0.5 + 0.45 * sin);
    }
    cr.stroke()
}
