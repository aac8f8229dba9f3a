// SPDX-License-Identifier: MIT OR Apache-2.0

use proptest::prelude::*;

use super::*;
use liveness_core::check::Action;

const RATE: f64 = 200.0;

/// Returns the stances of a role from `from` to `to` seconds, with the prompts `asked`.
fn play(role: Role, asked: &[Prompt], [from, to]: [f64; 2]) -> Vec<(f64, Stance)> {
    let mut actor = Actor::new(role);
    asked.iter().for_each(|prompt| actor.hear(*prompt));
    let times = (0..((to - from) * RATE) as u64).map(|i| from + i as f64 / RATE);
    times.map(|t| (t, actor.scene(t).stance)).collect()
}

fn prompt(action: Action, at: f64) -> Prompt {
    Prompt { action, at, deadline: Some(at + 4.0) }
}

/// Returns the level of an action in a stance; 1 at its peak.
fn amount(action: Action, stance: &Stance) -> f32 {
    let (head, face) = (stance.head, stance.expression);
    match action {
        Action::Blink => face.blink[0].min(face.blink[1]),
        Action::Nod => head.pitch / 18.0,
        Action::TurnLeft => head.yaw / 25.0,
        Action::TurnRight => -head.yaw / 25.0,
        Action::LookUp => -head.pitch / 18.0,
        Action::Smile => face.smile,
        Action::OpenMouth => face.jaw,
        Action::RaiseBrows => face.brows,
    }
}

/// Returns the time at which the action first reaches half its height.
fn half(action: Action, stances: &[(f64, Stance)]) -> Option<f64> {
    stances.iter().find(|(_, s)| amount(action, s) > 0.5).map(|(t, _)| *t)
}

fn role(subject: Subject, behaviour: Behaviour, seed: u64) -> Role {
    Role { subject, behaviour, seed, ..Role::default() }
}

/// All actions but the blink, which also occurs spontaneously.
const VOLUNTARY: [Action; 7] = [
    Action::Nod,
    Action::TurnLeft,
    Action::TurnRight,
    Action::LookUp,
    Action::Smile,
    Action::OpenMouth,
    Action::RaiseBrows,
];

fn done(stances: &[(f64, Stance)]) -> Vec<Action> {
    VOLUNTARY.into_iter().filter(|a| half(*a, stances).is_some()).collect()
}

#[test]
fn who_obeys_does_just_that_after_a_reaction_time() {
    for seed in 0..20 {
        for action in VOLUNTARY {
            let stances =
                play(role(Subject::Live, Behaviour::Obeys, seed), &[prompt(action, 2.0)], [0.0, 6.0]);
            assert_eq!(done(&stances), [action], "seed {seed}");
            let after = half(action, &stances).unwrap() - 2.0;
            assert!((0.3..1.0).contains(&after), "{action:?} after {after} s");
            let peak = stances.iter().map(|(_, s)| amount(action, s)).fold(0.0, f32::max);
            assert!((0.75..1.25).contains(&peak), "{action:?} to {peak}");
            assert!(amount(action, &stances.last().unwrap().1) < 0.25, "{action:?} comes back");
        }
    }
}

#[test]
fn a_blink_is_short_and_full() {
    // The requested blink is the longest closure near its time. Spontaneous blinks have random times.
    let idle = play(role(Subject::Live, Behaviour::Idle, 3), &[], [0.0, 8.0]);
    let asked = play(role(Subject::Live, Behaviour::Obeys, 3), &[prompt(Action::Blink, 2.0)], [0.0, 8.0]);
    let own: Vec<_> = idle
        .iter()
        .zip(&asked)
        .filter(|((_, i), (_, a))| a.expression.blink[0] > i.expression.blink[0] + 0.05)
        .map(|(_, (t, a))| (*t, a.expression.blink[0]))
        .collect();
    let length = own.last().unwrap().0 - own[0].0;
    assert!((0.15..0.3).contains(&length), "{length}");
    assert!(own.iter().any(|(_, closed)| *closed > 0.99));
}

#[test]
fn the_reaction_time_is_as_set() {
    for reaction_time in [0.2, 0.35, 1.0] {
        let begin = |seed| {
            let role = Role { reaction_time, seed, ..Role::default() };
            let idle = play(Role { behaviour: Behaviour::Idle, ..role }, &[], [0.0, 4.0]);
            let asked = play(role, &[prompt(Action::TurnLeft, 1.0)], [0.0, 4.0]);
            let apart = idle.iter().zip(&asked).find(|((_, i), (_, a))| a.head.yaw - i.head.yaw > 0.02);
            apart.unwrap().0.0 - 1.0
        };
        let begins: Vec<f64> = (0..40).map(begin).collect();
        let mean = begins.iter().sum::<f64>() / begins.len() as f64;
        assert!(begins.iter().all(|b| (0.65..1.5).contains(&(b / reaction_time))), "{begins:?}");
        assert!((mean / reaction_time - 1.0).abs() < 0.2, "{mean} for {reaction_time}");
        let least = begins.iter().copied().fold(f64::MAX, f64::min);
        assert!(begins.iter().any(|b| b - least > 0.1 * reaction_time), "no two are alike");
    }
}

#[test]
fn who_is_idle_answers_nothing() {
    for seed in 0..20 {
        let prompts = VOLUNTARY.map(|a| prompt(a, 1.0));
        let stances = play(role(Subject::Live, Behaviour::Idle, seed), &prompts, [0.0, 20.0]);
        assert_eq!(done(&stances), []);
        for (_, Stance { head, expression }) in stances {
            assert!([head.yaw, head.pitch, head.roll].iter().all(|v| v.abs() < 2.5), "{head:?}");
            assert!(head.shift.iter().all(|v| v.abs() < 0.02), "{head:?}");
            let still = [expression.brows, expression.smile, expression.jaw];
            assert!(still.iter().all(|v| *v < 0.1), "{expression:?}");
        }
    }
}

#[test]
fn who_is_idle_is_never_still_and_sways_by_little() {
    for seed in 0..20 {
        let stances = play(role(Subject::Live, Behaviour::Idle, seed), &[], [0.0, 20.0]);
        let yaws: Vec<_> = stances.iter().map(|(_, s)| s.head.yaw).collect();
        let (least, most) = yaws.iter().fold((f32::MAX, f32::MIN), |(l, m), y| (l.min(*y), m.max(*y)));
        assert!((0.2..1.7).contains(&(most - least)), "{least} to {most}");
        let fastest = yaws.windows(2).map(|w| (w[1] - w[0]).abs() * RATE as f32).fold(0.0, f32::max);
        assert!(fastest < 4.0, "smooth: {fastest} degrees a second");
    }
}

#[test]
fn spontaneous_blinks_come_as_people_s_do() {
    for seed in 0..10 {
        let stances = play(role(Subject::Live, Behaviour::Idle, seed), &[], [0.0, 300.0]);
        let closed: Vec<bool> = stances.iter().map(|(_, s)| s.expression.blink[0] > 0.5).collect();
        let begins = closed.windows(2).filter(|w| !w[0] && w[1]).count();
        assert!((40..120).contains(&begins), "{begins} in five minutes");
        let share = closed.iter().filter(|c| **c).count() as f64 / closed.len() as f64;
        let length = share * 300.0 / begins as f64;
        assert!((0.05..0.2).contains(&length), "{length} s closed by half and more");
    }
}

#[test]
fn the_wrong_action_is_another() {
    let wrong = |seed, action| {
        let stances =
            play(role(Subject::Live, Behaviour::WrongAction, seed), &[prompt(action, 2.0)], [0.0, 6.0]);
        done(&stances)
    };
    for seed in 0..20 {
        for action in VOLUNTARY {
            assert!(!wrong(seed, action).contains(&action), "seed {seed}");
        }
    }
    // Allows for seeds whose wrong action is a blink.
    assert!((0..20).filter(|seed| wrong(*seed, Action::Nod).len() == 1).count() >= 15);
}

#[test]
fn too_early_begins_before_it_is_asked_and_does_more() {
    for seed in 0..20 {
        let idle = play(role(Subject::Live, Behaviour::Idle, seed), &[], [0.0, 8.0]);
        let early = play(
            role(Subject::Live, Behaviour::TooEarly, seed),
            &[prompt(Action::TurnLeft, 2.0)],
            [0.0, 8.0],
        );
        let mut pairs = idle.iter().zip(&early);
        let begin = pairs.find(|((_, i), (_, a))| a.head.yaw - i.head.yaw > 0.1).unwrap().0.0;
        assert!((1.75..1.95).contains(&begin), "{begin}");
        let rest: Vec<_> = early.iter().filter(|(t, _)| *t > 3.2).copied().collect();
        let blinked = rest.iter().any(|(_, s)| s.expression.blink[0] > 0.99);
        assert!(done(&rest).len() == 1 || blinked, "{:?}", done(&rest));
    }
}

#[test]
fn too_late_is_seconds_after_the_deadline() {
    for seed in 0..20 {
        let role = role(Subject::Live, Behaviour::TooLate, seed);
        for (deadline, over) in [(Some(4.0), 4.0), (None, 6.0)] {
            let stances = play(role, &[Prompt { action: Action::Nod, at: 1.0, deadline }], [0.0, 10.0]);
            let after = half(Action::Nod, &stances).unwrap() - over;
            assert!((1.0..2.5).contains(&after), "{after}");
        }
    }
}

#[test]
fn one_thing_is_done_after_the_other() {
    let prompts = [prompt(Action::Nod, 1.0), prompt(Action::Smile, 1.1)];
    let stances = play(role(Subject::Live, Behaviour::Obeys, 1), &prompts, [0.0, 6.0]);
    let nod_ends = stances.iter().rev().find(|(_, s)| amount(Action::Nod, s) > 0.5).unwrap().0;
    assert!(half(Action::Smile, &stances).unwrap() > nod_ends);
}

#[test]
fn a_picture_turns_as_a_whole_and_has_no_face_to_move() {
    for subject in [Subject::Print, Subject::BentPrint, Subject::CutoutPrint, Subject::Screen] {
        for action in VOLUNTARY {
            let mut actor = Actor::new(role(subject, Behaviour::Obeys, 5));
            let before = actor.scene(0.0).shown;
            actor.hear(prompt(action, 1.0));
            for i in 0..800 {
                let scene = actor.scene(f64::from(i) * 0.005);
                assert_eq!(scene.shown, before, "a photo is still");
                assert!(scene.stance.expression.smile < 0.1 && scene.stance.expression.jaw < 0.1);
            }
            let head = matches!(action, Action::Nod | Action::TurnLeft | Action::TurnRight | Action::LookUp);
            let stances = play(role(subject, Behaviour::Obeys, 5), &[prompt(action, 1.0)], [0.0, 4.0]);
            assert_eq!(half(action, &stances).is_some(), head, "{action:?}");
            let most = stances.iter().map(|(_, s)| s.head.shift[2]).fold(f32::MIN, f32::max);
            assert!(head || most > 0.02, "waved for what it cannot do");
        }
    }
}

#[test]
fn recordings_play_what_was_asked_of_another() {
    for subject in [Subject::Replay, Subject::Injected] {
        let seen = |seed, prompts: &[Prompt]| -> Vec<Stance> {
            let mut actor = Actor::new(role(subject, Behaviour::Obeys, seed));
            prompts.iter().for_each(|p| actor.hear(*p));
            let scenes = (0..4000).map(|i| {
                let scene = actor.scene(f64::from(i) * 0.005);
                if subject == Subject::Replay { scene.shown } else { scene.stance }
            });
            scenes.collect()
        };
        let unasked = seen(1, &[]);
        assert_eq!(unasked, seen(1, &[prompt(Action::Nod, 1.0)]), "today's prompts change nothing");
        assert_ne!(unasked, seen(2, &[]));
        let timed: Vec<_> = unasked.iter().map(|s| (0.0, *s)).collect();
        assert!(done(&timed).len() >= 3, "{:?}", done(&timed));
    }
}

#[test]
fn light_comes_late_and_goes() {
    let mut actor = Actor::new(Role { display_latency: 0.1, ..Role::default() });
    actor.see(Pattern::new(1.0, 1, 2, vec![0xff_0000, 0x00_00bc]).unwrap());
    actor.see(Pattern::off(2.0));
    assert!(actor.scene(1.05).light.is_none());
    let light = actor.scene(1.15).light.unwrap().clone();
    assert_eq!((light.rows, light.columns), (1, 2));
    assert_eq!(light.cells[0], [1.0, 0.0, 0.0]);
    assert!((light.cells[1][2] - 0.5).abs() < 0.01, "linear: {:?}", light.cells[1]);
    assert!(actor.scene(2.05).light.is_some());
    assert!(actor.scene(2.15).light.is_none());
}

#[test]
fn a_recording_was_lit_by_another_pattern() {
    let colors = vec![0xff_ffff, 0, 0, 0xff_ffff];
    let lights = |subject| {
        let mut actor = Actor::new(role(subject, Behaviour::Obeys, 4));
        actor.see(Pattern::new(0.0, 2, 2, colors.clone()).unwrap());
        let scene = actor.scene(1.0);
        (scene.light.cloned(), scene.shown_light.cloned())
    };
    let (today, none) = lights(Subject::Live);
    assert_eq!(none, None);
    let (light, shown) = lights(Subject::Replay);
    assert_eq!(light, today);
    assert_ne!(shown, today);
    let (light, none) = lights(Subject::Injected);
    assert_eq!((light, none), (shown, None));
}

/// Returns the correlation of two codes over time.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
    let (ma, mb) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f32, f32) -> f32| a.iter().zip(b).map(|(a, b)| f(a - ma, b - mb)).sum::<f32>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

#[test]
fn a_recording_answers_a_code_of_its_own() {
    for subject in [Subject::Replay, Subject::Injected] {
        let mut all = 0.0;
        for seed in 0..10 {
            let mut actor = Actor::new(role(subject, Behaviour::Idle, seed));
            let mut random = Random::new(seed);
            let mut codes = (Vec::new(), Vec::new());
            let mut color = 0;
            for i in 0..600 {
                let time = f64::from(i) / 30.0;
                if i % 8 == 0 {
                    color = if random.unit() < 0.5 { 0x40_4040 } else { 0xff_ffff };
                    actor.see(Pattern::new(time - 0.06, 1, 1, vec![color]).unwrap());
                }
                let scene = actor.scene(time);
                let shown = if subject == Subject::Replay { scene.shown_light } else { scene.light };
                codes.0.push((color & 0xff) as f32);
                codes.1.push(shown.unwrap().cells[0][1]);
            }
            all += correlation(&codes.0, &codes.1).abs() / 10.0;
        }
        assert!(all < 0.2, "{subject:?} {all}");
    }
}

#[test]
fn a_recording_can_bring_its_own_code() {
    let mut actor = Actor::new(role(Subject::Injected, Behaviour::Idle, 1));
    actor.record(Pattern::new(0.0, 1, 1, vec![0x00_00ff]).unwrap());
    actor.see(Pattern::new(0.0, 1, 1, vec![0xff_0000]).unwrap());
    assert_eq!(actor.scene(1.0).light.unwrap().cells, [[0.0, 0.0, 1.0]]);
}

#[test]
fn a_video_is_relit_a_little_late() {
    let mut actor = Actor::new(role(Subject::Relight, Behaviour::Obeys, 1));
    actor.see(Pattern::new(1.0, 1, 1, vec![0xff_0000]).unwrap());
    assert!(actor.scene(1.1).shown_light.is_none());
    let scene = actor.scene(1.2);
    assert_eq!((scene.light, scene.shown_light.unwrap().cells[0]), (None, [1.0, 0.0, 0.0]));
}

#[test]
fn a_print_is_tilted_as_far_as_it_should() {
    for seed in 0..50 {
        let stances = play(role(Subject::TiltedPrint, Behaviour::Idle, seed), &[], [0.0, 5.0]);
        let tilts = stances.iter().map(|(_, s)| s.head.yaw.hypot(s.head.pitch));
        let mean = tilts.sum::<f32>() / stances.len() as f32;
        assert!((12.0..33.0).contains(&mean), "{mean}");
    }
}

#[test]
fn a_restless_body_turns_within_fifteen_degrees() {
    let widest = |sway| {
        let wide = (0..30).map(|seed| {
            let role = Role { sway, ..role(Subject::Live, Behaviour::Idle, seed) };
            let stances = play(role, &[], [0.0, 20.0]);
            stances.iter().map(|(_, s)| s.head.yaw.abs()).fold(0.0, f32::max)
        });
        wide.fold(0.0, f32::max)
    };
    assert!(widest(0.0) == 0.0 && widest(1.0) < 2.5);
    assert!((8.0..15.0).contains(&widest(6.0)), "{}", widest(6.0));
}

#[test]
fn the_screen_is_as_large_as_set() {
    let role = Role { screen: ScreenSize::Phone, ..Role::default() };
    let mut actor = Actor::new(role);
    actor.see(Pattern::new(0.0, 1, 1, vec![0xff_ffff]).unwrap());
    let light = actor.scene(1.0).light.unwrap();
    assert_eq!([light.width, light.height], ScreenSize::Phone.metres());
}

#[test]
fn a_pattern_fits_its_grid() {
    assert_eq!(Pattern::new(0.0, 2, 2, vec![0; 3]), None);
    assert_eq!(Pattern::new(0.0, usize::MAX, 2, vec![0; 3]), None);
}

fn fields(stance: &Stance) -> Vec<f32> {
    let (h, e) = (stance.head, stance.expression);
    let all = [
        vec![h.yaw, h.pitch, h.roll, e.brows, e.smile, e.jaw],
        h.shift.into(),
        e.blink.into(),
        e.gaze.into(),
    ];
    all.concat()
}

fn within_reach(stance: &Stance) -> bool {
    let (h, e) = (stance.head, stance.expression);
    let units = [e.blink[0], e.blink[1], e.brows, e.smile, e.jaw];
    fields(stance).iter().all(|v| v.is_finite())
        && [h.yaw, h.pitch, h.roll].iter().all(|v| v.abs() <= 45.0)
        && h.shift.iter().all(|v| v.abs() <= 0.1)
        && units.iter().all(|v| (0.0..=1.0).contains(v))
        && e.gaze.iter().all(|v| v.abs() <= 25.0)
}

const BEHAVIOURS: [Behaviour; 5] =
    [Behaviour::Obeys, Behaviour::Idle, Behaviour::WrongAction, Behaviour::TooEarly, Behaviour::TooLate];

proptest! {
    #[test]
    fn nothing_is_ever_out_of_reach_and_a_seed_repeats(
        subject in 0..Subject::ALL.len(),
        behaviour in 0..BEHAVIOURS.len(),
        seed: u64,
        reaction_time in 0.0..60.0f64,
        prompts in prop::collection::vec((0..8usize, 0.0..100.0f64, prop::option::of(0.0..1e9f64)), 0..30),
        steps in prop::collection::vec(prop_oneof![0.0..0.1f64, 0.0..1e7f64], 1..60),
    ) {
        let role = Role {
            subject: Subject::ALL[subject],
            behaviour: BEHAVIOURS[behaviour],
            seed,
            reaction_time,
            ..Role::default()
        };
        let mut twins = [Actor::new(role), Actor::new(role)];
        let (mut time, mut prompts) = (0.0, prompts.into_iter());
        for step in steps {
            time += step;
            let seen = twins.each_mut().map(|actor| {
                let scene = actor.scene(time);
                (scene.stance, scene.shown)
            });
            prop_assert_eq!(seen[0], seen[1]);
            prop_assert!(within_reach(&seen[0].0) && within_reach(&seen[0].1), "{:?}", seen[0]);
            if let Some((action, after, deadline)) = prompts.next() {
                let prompt = Prompt { action: Action::ALL[action], at: time + after, deadline };
                twins.iter_mut().for_each(|actor| actor.hear(prompt));
            }
        }
    }

    #[test]
    fn the_frame_rate_changes_nothing(seed: u64, every in 1..12usize) {
        let role = role(Subject::Injected, Behaviour::Obeys, seed);
        let (mut often, mut seldom) = (Actor::new(role), Actor::new(role));
        for i in 0..600 {
            let time = f64::from(i) / 60.0;
            let stance = often.scene(time).stance;
            if (i as usize).is_multiple_of(every) {
                prop_assert_eq!(stance, seldom.scene(time).stance);
            }
        }
    }
}
