//! Signs in the answers beside the likeness of the slopes.
//!
//! Left out: the angle at which the slopes lean on average against the head's yaw. It differs from it by up to 30° in live faces,
//! since where the screen stands is not known.

use super::facemap::patches;
use super::response::Answer;
use super::shape::{Map, Relation, Slopes, Trend, median};

/// What each says alone; `None` where it cannot say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// Correlation of the slopes with a face's, less a plane only.
    pub shape: Option<f64>,
    /// Correlation of the slopes with a face's on the nose and around the eyes, where no smooth mask has any.
    pub relief: Option<f64>,
    /// How the answers' brightness follows that of the surface: skin and paper answer by their colour, glass by its own.
    pub pigment: Option<f64>,
    /// By how much (natural logarithm) the answers are redder, against blue, than the surface looks.
    pub tint: Option<f64>,
    /// How many times the median the strongest answers are, to the cell that is mirrored most.
    pub mirror: Option<f64>,
}

/// The nose, and the eyes with their sockets, in cm from the middle of the face.
fn is_rugged([x, y, _]: [f32; 3]) -> bool {
    let nose = x.abs() < 2.4 && (-3.0..2.0).contains(&y);
    let eyes = x.abs() < 5.5 && (1.0..5.0).contains(&y);
    nose || eyes
}

/// Answers beyond this share of the patches are its strongest.
const STRONGEST: f64 = 0.98;

impl Signs {
    /// From the answers, their slopes and those of a face as the head was turned.
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

    /// Brows, lips and shadows of a beard, say.
    fn colour(patch: &Patch) -> [f32; 3] {
        let [x, y, _] = patch.place;
        let dark = if (1.3 * x).sin() * (0.9 * y).cos() > 0.6 { 0.5 } else { 1.0 };
        [0.5, 0.35, 0.25].map(|c| c * dark)
    }

    /// What a surface answers to each cell, whose middle it is told, when the room shows its colour.
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
        // Each cell stands in the glass where its picture is.
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
