// SPDX-License-Identifier: MIT OR Apache-2.0

//! Another rendered person's movement is cut into the picture of one who is at rest.

use liveness_core::check::{ActionCheck, ActionConfig, ActionState, Check, Evidence, Failure};
use liveness_core::face::{FaceAnalyzer, Mesh};
use liveness_core::inference::ModelSource;
use liveness_core::vision::{Affine, Border, Frame, Sampler, TensorSpec};
use liveness_render::actor::{Actor, Behaviour, Prompt, Role};
use liveness_render::{Renderer, Setting};

const SIZE: (usize, usize) = (640, 480);
const RATE: f64 = 30.0;
/// From a prompt on, in seconds: when the other person is shown.
const SHOWN: std::ops::Range<f64> = 0.3..1.2;

/// One person before the camera.
struct Person {
    renderer: Renderer,
    actor: Actor,
}

impl Person {
    fn new(identity: u64, behaviour: Behaviour) -> Self {
        let (width, height) = SIZE;
        // The same room.
        let setting = Setting { width, height, identity, seed: 3, ..Setting::default() };
        let role = Role { behaviour, seed: identity, ..Role::default() };
        Self { renderer: Renderer::new(setting), actor: Actor::new(role) }
    }

    fn picture(&mut self, time: f64) -> Vec<u8> {
        self.renderer.render(&self.actor.scene(time), 1.0 / RATE as f32).to_vec()
    }
}

fn mesh(picture: &[u8]) -> Mesh {
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    let seen = analyzer.analyze(&Frame::rgb(picture, SIZE.0, SIZE.1).unwrap()).unwrap();
    seen.primary().expect("a face").1.mesh.clone()
}

/// `picture` through a map from where it is shown.
fn warped(picture: &[u8], map: &Affine) -> Vec<u8> {
    let spec = TensorSpec::rgb(SIZE.0, SIZE.1);
    let mut pixels = vec![0.0; spec.len()];
    let frame = Frame::rgb(picture, SIZE.0, SIZE.1).unwrap();
    Sampler::new().sample(&frame, map, &spec, Border::Replicate, &mut pixels);
    pixels.into_iter().map(|v| (v + 0.5) as u8).collect()
}

/// The evidence of a check in which `host` is at rest and `donor`, with the eyes on those of the host, answers the prompts.
fn session(host: u64, donor: u64) -> Evidence {
    let source = ModelSource::Embedded;
    let mut check = ActionCheck::new(ActionConfig { seed: 4, ..ActionConfig::default() }, &source).unwrap();
    let mut analyzer = FaceAnalyzer::new(&source).unwrap();
    let (mut host, mut donor) = (Person::new(host, Behaviour::Idle), Person::new(donor, Behaviour::Obeys));
    let (mut asked, mut map) = (None, None::<Affine>);
    for i in 0..400 {
        let time = f64::from(i) / RATE;
        let (at_rest, moved) = (host.picture(time), donor.picture(time));
        let shown = asked.is_some_and(|asked| SHOWN.contains(&(time - asked)));
        let picture = if shown {
            let map = map.get_or_insert_with(|| {
                Affine::similarity(&mesh(&at_rest).eyes(), &mesh(&moved).eyes()).unwrap()
            });
            warped(&moved, map)
        } else {
            map = None;
            at_rest
        };
        let frame = Frame::rgb(&picture, SIZE.0, SIZE.1).unwrap();
        let observation = analyzer.analyze(&frame).unwrap();
        let step = check.observe(&frame, &observation, Some((time * 1e9) as u64)).unwrap();
        if let Some(event) = step.actions.iter().find(|event| event.state == ActionState::Requested) {
            asked = Some(time);
            donor.actor.hear(Prompt { action: event.action, at: time, deadline: None });
        }
        if step.done {
            break;
        }
    }
    check.evidence()
}

#[test]
fn another_persons_movement_that_is_cut_in_ends_the_challenge() {
    for (host, donor) in [(1, 2), (5, 11)] {
        let evidence = session(host, donor);
        assert_eq!(evidence.failure, Some(Failure::Cut), "{host} and {donor}: {evidence:?}");
        assert!(!evidence.attack && evidence.score.is_none_or(|score| score <= 20.0));
    }
}

#[test]
fn ones_own_movement_that_is_cut_in_shows_that_the_identity_ended_it() {
    // The same person in the same room, only differently still: what the cut alone does is not enough to tell.
    let evidence = session(1, 1);
    let least = evidence.cues.iter().find(|cue| cue.name == "likeness_in_motion").unwrap().value.unwrap();
    assert!(least > 0.6, "{least}: {evidence:?}");
}
