// SPDX-License-Identifier: MIT OR Apache-2.0

//! Cues in the responses other than the similarity of the slopes.
//!
//! The angle at which the slopes lean on average is not compared with the head's yaw. In live faces the two
//! differ by up to 30°, because the position of the screen is not known.

use super::facemap::patches;
use super::response::Answer;
use super::shape::{Map, Relation, Slopes, Trend, median};

/// The cues; each is `None` if it cannot be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// Correlation of the slopes with those of a face after removal of a plane only, −1 to 1.
    pub shape: Option<f64>,
    /// Correlation of the slopes with those of a face on the nose and around the eyes, where a smooth mask
    /// has none.
    pub relief: Option<f64>,
    /// Correlation of the responses with the brightness of the surface, −1 to 1. Skin and paper respond
    /// according to their colour; glass does not.
    pub pigment: Option<f64>,
    /// Natural logarithm of the red to blue ratio of the responses, relative to that of the surface.
    pub tint: Option<f64>,
    /// Ratio of the strongest responses to the median, for the cell with the greatest ratio; high for a
    /// mirror.
    pub mirror: Option<f64>,
}

/// Returns true on the nose, the eyes and their sockets. The coordinates are in cm from the middle of the
/// face.
fn is_rugged([x, y, _]: [f32; 3]) -> bool {
    let nose = x.abs() < 2.4 && (-3.0..2.0).contains(&y);
    let eyes = x.abs() < 5.5 && (1.0..5.0).contains(&y);
    nose || eyes
}

/// Quantile of the strongest responses.
const STRONGEST: f64 = 0.98;

impl Signs {
    /// Computes the cues from the responses, their slopes and the slopes of a face in the head's pose.
    pub fn new(answers: &[Answer], slopes: &Slopes, face: &Slopes) -> Self {
        let rugged =
            |map: &Map| map.iter().zip(patches()).map(|(v, p)| v.filter(|_| is_rugged(p.place))).collect();
        let rugged = |slopes: &Slopes| Slopes { p: rugged(&slopes.p), q: rugged(&slopes.q) };
        let correlation =
            |a: &Slopes, b: &Slopes| a.compared(b, Trend::Plane).map(|likeness| likeness.mean());
        Self {
            shape: correlation(slopes, face),
            relief: correlation(&rugged(slopes), &rugged(face)),
            pigment: pigment(answers, slopes),
            tint: tint(answers),
            mirror: mirror(answers),
        }
    }
}

fn pigment(answers: &[Answer], slopes: &Slopes) -> Option<f64> {
    let log = |of: &dyn Fn(&Answer) -> f32| -> Map {
        let values = answers.iter().zip(&slopes.p);
        median(
            &values
                .map(|(answer, seen)| seen.and(Some(of(answer)).filter(|v| *v > 1e-5).map(f32::ln)))
                .collect(),
        )
    };
    let (answered, bright) = (log(&Answer::to_screen), log(&Answer::bright));
    Some(Relation::of(&answered, &bright, Trend::Quadric)?.correlation)
}

fn tint(answers: &[Answer]) -> Option<f64> {
    let sum = |of: &dyn Fn(&Answer) -> f32| f64::from(answers.iter().map(of).sum::<f32>());
    let ratio = |red: f64, blue: f64| (red > 0.0 && blue > 0.0).then(|| (red / blue).ln());
    let answered = ratio(sum(&|a| a.in_channel(0)), sum(&|a| a.in_channel(2)))?;
    Some(answered - ratio(sum(&|a| a.light[0]), sum(&|a| a.light[2]))?)
}

fn mirror(answers: &[Answer]) -> Option<f64> {
    let cells = answers.first()?.cells.len();
    let ratio = |cell: usize| {
        let share =
            |answer: &Answer| Some(answer.cells[cell].iter().sum::<f32>() / answer.bright().max(1e-4));
        let mut shares: Vec<f32> =
            median(&answers.iter().map(share).collect()).into_iter().flatten().collect();
        shares.sort_by(f32::total_cmp);
        let at = |share: f64| f64::from(shares[((shares.len() - 1) as f64 * share) as usize]);
        (at(0.5) > 0.0).then(|| at(STRONGEST) / at(0.5))
    };
    (0..cells).filter_map(ratio).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::super::facemap::Patch;
    use super::super::synthetic::{code, skin};
    use super::*;
    use crate::face::HeadPose;

    /// Returns the colour of a patch, with dark areas like brows, lips and the shadow of a beard.
    fn colour(patch: &Patch) -> [f32; 3] {
        let [x, y, _] = patch.place;
        let dark = if (1.3 * x).sin() * (0.9 * y).cos() > 0.6 { 0.5 } else { 1.0 };
        [0.5, 0.35, 0.25].map(|c| c * dark)
    }

    /// Returns the cues of a surface. `answer` returns the response of a patch to the cell at (x, y); the
    /// room shows the colour of the surface.
    fn signs(answer: impl Fn(&Patch, f32, f32) -> [f32; 3]) -> Signs {
        let code = code(1);
        let answers: Vec<Answer> = patches()
            .iter()
            .map(|patch| {
                let cells: Vec<_> =
                    (0..4).map(|cell| code.place(cell)).map(|(x, y)| answer(patch, x, y)).collect();
                let light =
                    [0, 1, 2].map(|k| colour(patch)[k] + 0.6 * cells.iter().map(|cell| cell[k]).sum::<f32>());
                Answer { light, cells }
            })
            .collect();
        let clipped = answers.iter().map(|_| [0.0; 3]);
        let slopes = Slopes::measured(&answers, [0.01; 3], &code, clipped);
        Signs::new(&answers, &slopes, &Slopes::expected(HeadPose::default()))
    }

    #[test]
    fn a_face_has_all() {
        let face = signs(|patch, x, y| colour(patch).map(|c| c * skin(patch, x, y)));
        assert!(face.shape.unwrap() > 0.8 && face.relief.unwrap() > 0.8, "{face:?}");
        assert!((0.6..0.99).contains(&face.pigment.unwrap()) && face.mirror.unwrap() < 2.5, "{face:?}");
        assert!(face.tint.unwrap().abs() < 0.01, "{face:?}");
    }

    #[test]
    fn paper_has_no_relief_and_answers_by_its_colour_alone() {
        let paper = signs(|patch, x, y| {
            let [across, up, _] = patch.place.map(|v| 0.01 * v);
            colour(patch).map(|c| c * (0.3 + across * x + up * y + 0.1 * across * up))
        });
        assert!(paper.shape.unwrap() < 0.3 && paper.relief.unwrap() < 0.3, "{paper:?}");
        assert!(paper.pigment.unwrap() > 0.97, "{paper:?}");
    }

    #[test]
    fn glass_answers_as_a_mirror_whatever_it_shows() {
        // The glass shows the mirror image of each cell.
        let glass = signs(|patch, x, y| {
            let [across, up, _] = patch.place;
            let far = (across - 4.0 * x).hypot(up - 4.0 * y);
            [0.01 + if far < 1.2 { 0.12 } else { 0.0 }; 3]
        });
        assert!(glass.mirror.unwrap() > 10.0 && glass.pigment.unwrap() < 0.4, "{glass:?}");
        assert!(glass.tint.unwrap() < -0.2, "{glass:?}");
    }

    #[test]
    fn what_does_not_answer_has_none() {
        let nothing = signs(|_, _, _| [0.0; 3]);
        assert_eq!(nothing, Signs::default());
    }
}
