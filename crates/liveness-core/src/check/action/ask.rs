// SPDX-License-Identifier: MIT OR Apache-2.0

//! The actions on offer, and the random draw of a challenge.

use super::super::random::Randomness;
use crate::locale::{Language, Sentence};

/// A requested movement. Left and right are those of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Close both eyes and open them.
    Blink,
    /// Lower the head and raise it again.
    Nod,
    /// Turn the head to the person's left and back.
    TurnLeft,
    /// Turn the head to the person's right and back.
    TurnRight,
    /// Raise the head and lower it again.
    LookUp,
    /// Smile, then relax.
    Smile,
    /// Open the mouth, then close it.
    OpenMouth,
    /// Raise the eyebrows, then relax.
    RaiseBrows,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Blink,
        Self::Nod,
        Self::TurnLeft,
        Self::TurnRight,
        Self::LookUp,
        Self::Smile,
        Self::OpenMouth,
        Self::RaiseBrows,
    ];

    /// Returns the name used in messages and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blink => "blink",
            Self::Nod => "nod",
            Self::TurnLeft => "turn-left",
            Self::TurnRight => "turn-right",
            Self::LookUp => "look-up",
            Self::Smile => "smile",
            Self::OpenMouth => "open-mouth",
            Self::RaiseBrows => "raise-brows",
        }
    }

    /// The sentence that asks for it.
    pub fn sentence(self, language: Language) -> &'static Sentence {
        language.words().action.get(self.name())
    }

    /// The sentence of messages, in English.
    pub fn text(self) -> &'static str {
        self.sentence(Language::ENGLISH).in_message()
    }

    /// Returns the action with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Returns true if the head turns about its vertical axis, which shows its depth.
    pub const fn turns_head(self) -> bool {
        matches!(self, Self::TurnLeft | Self::TurnRight)
    }

    /// Returns the same movement in a mirror.
    #[must_use]
    pub const fn mirror_image(self) -> Self {
        match self {
            Self::TurnLeft => Self::TurnRight,
            Self::TurnRight => Self::TurnLeft,
            other => other,
        }
    }

    /// Returns true if the face moves as no print and no rigid mask can, with or without holes for the eyes.
    pub const fn is_expression(self) -> bool {
        matches!(self, Self::Smile | Self::OpenMouth | Self::RaiseBrows)
    }

    /// Returns true if the head moves, false if only the face does.
    pub const fn moves_head(self) -> bool {
        self.turns_head() || matches!(self, Self::Nod | Self::LookUp)
    }
}

/// A set of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actions(u32);

impl Actions {
    /// All actions.
    pub const ALL: Self = Self((1 << Action::ALL.len()) - 1);

    /// All actions except raised brows, which hair and glasses hide and which not everyone can do.
    pub const USUAL: Self = Self(Self::ALL.0 & !(1 << Action::RaiseBrows as u32));

    /// Returns the set of a bit mask: bit i stands for the i-th of [`Action::ALL`]; other bits are dropped.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Returns the set of the given actions.
    pub fn of(actions: &[Action]) -> Self {
        Self(actions.iter().fold(0, |bits, action| bits | (1 << *action as u32)))
    }

    /// Returns the bit mask of the set, as in [`Self::from_bits`].
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns true if the set contains `action`.
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u32) != 0
    }

    /// Returns true if the set contains an action other than a blink. Glare on glasses hides a blink, and
    /// holes in a photo fake it.
    pub const fn are_enough(self) -> bool {
        self.0 & !(1 << Action::Blink as u32) != 0
    }

    /// Returns true if every draw of `count` actions contains an expression, which no rigid mask can make.
    pub fn always_ask_expression(self, count: u32) -> bool {
        allowed(self, count).iter().all(|actions| expression(actions))
    }

    /// Returns the actions of the set in the order of [`Action::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.contains(*action))
    }
}

/// A drawn sequence and its entropy.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// The drawn actions, in order.
    pub actions: Vec<Action>,
    /// log₂ of the number of equally likely sequences.
    pub entropy_bits: f64,
}

/// Draws `count` actions (1 to [`MOST`]); all allowed sequences are equally likely. The rules are:
///
/// 1. The actions are not all blinks.
/// 2. No action follows itself.
/// 3. At most one action is a blink.
/// 4. At least one action is an expression, which no rigid mask can make.
/// 5. Both the head and the face move.
///
/// If no expression is on offer, a blink comes with a turn of the head, because holes for the eyes can fake a
/// blink. Rules that the offer or the count cannot meet are dropped, the last first; the first rule only if
/// nothing but blinks is on offer. Returns `None` if nothing is on offer or without randomness.
pub fn draw(offer: Actions, count: u32, random: &mut Randomness) -> Option<Draw> {
    let mut allowed = allowed(offer, count);
    if allowed.is_empty() {
        return None;
    }
    let entropy_bits = (allowed.len() as f64).log2();
    let at = random.below(allowed.len() as u64)? as usize;
    Some(Draw { actions: allowed.swap_remove(at), entropy_bits })
}

/// Returns the sequences of which one is drawn.
fn allowed(offer: Actions, count: u32) -> Vec<Vec<Action>> {
    let (enough, offer) = (offer.are_enough(), offer.iter().collect::<Vec<_>>());
    let count = count.clamp(1, MOST) as usize;
    let possible = || sequences(&offer, count).filter(|actions| !enough || beyond_blinks(actions));
    // A rule must not leave a single sequence, because anyone could foresee it.
    let needed = possible().take(2).count();
    for rules in [
        &[no_repetition, one_blink, expression, head_and_face] as &[Rule],
        &[no_repetition, one_blink, expression],
        &[no_repetition, one_blink, head_and_face, blink_with_turn],
        &[no_repetition, one_blink, head_and_face],
        &[no_repetition, one_blink],
        &[no_repetition],
        &[],
    ] {
        let allowed: Vec<Vec<Action>> =
            possible().filter(|actions| rules.iter().all(|rule| rule(actions))).collect();
        if allowed.len() >= needed {
            return allowed;
        }
    }
    Vec::new()
}

/// Maximum number of actions. More of them tire people without more evidence.
pub const MOST: u32 = 5;

type Rule = fn(&[Action]) -> bool;

fn beyond_blinks(actions: &[Action]) -> bool {
    actions.iter().any(|action| *action != Action::Blink)
}

fn no_repetition(actions: &[Action]) -> bool {
    actions.windows(2).all(|pair| pair[0] != pair[1])
}

fn one_blink(actions: &[Action]) -> bool {
    actions.iter().filter(|action| **action == Action::Blink).count() <= 1
}

fn expression(actions: &[Action]) -> bool {
    actions.iter().any(|action| action.is_expression())
}

fn head_and_face(actions: &[Action]) -> bool {
    actions.iter().any(|action| action.moves_head()) && actions.iter().any(|action| !action.moves_head())
}

fn blink_with_turn(actions: &[Action]) -> bool {
    !actions.contains(&Action::Blink) || actions.iter().any(|action| action.turns_head())
}

/// Returns all sequences of `count` of the offered actions.
fn sequences(offer: &[Action], count: usize) -> impl Iterator<Item = Vec<Action>> {
    let n = offer.len();
    (0..n.pow(count as u32)).map(move |mut number| {
        (0..count)
            .map(|_| {
                let action = offer[number % n];
                number /= n;
                action
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn draws_keep_the_rules(bits in 1u32..256, count in 0u32..9, seed in 1u64..) {
            let offer = Actions::from_bits(bits);
            let draw = draw(offer, count, &mut Randomness::new(seed)).unwrap();
            prop_assert_eq!(draw.actions.len(), count.clamp(1, MOST) as usize);
            prop_assert!(draw.actions.iter().all(|action| offer.contains(*action)));
            prop_assert!(beyond_blinks(&draw.actions) || !offer.are_enough());
            if offer.iter().count() > 2 {
                prop_assert!(no_repetition(&draw.actions) && one_blink(&draw.actions));
            }
        }
    }

    #[test]
    fn the_entropy_is_that_of_the_draw() {
        let mut random = Randomness::new(3);
        let drawn = draw(Actions::USUAL, 3, &mut random).unwrap();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..20_000 {
            seen.insert(draw(Actions::USUAL, 3, &mut random).unwrap().actions);
        }
        assert!((drawn.entropy_bits - (seen.len() as f64).log2()).abs() < 1e-9, "{}", seen.len());
        assert!(drawn.entropy_bits > 6.5);
    }

    #[test]
    fn head_and_face_both_move() {
        for seed in 1..500 {
            let drawn = draw(Actions::USUAL, 2, &mut Randomness::new(seed)).unwrap();
            assert!(head_and_face(&drawn.actions) && expression(&drawn.actions), "{drawn:?}");
            // Smile or open mouth with one of four head movements, in either order, gives 16 sequences.
            assert!((drawn.entropy_bits - 16f64.log2()).abs() < 1e-9);
            let alone = draw(Actions::USUAL, 1, &mut Randomness::new(seed)).unwrap();
            assert!(expression(&alone.actions), "{alone:?}");
            let few = Actions::of(&[Action::Blink, Action::TurnLeft, Action::Nod]);
            assert!(blink_with_turn(&draw(few, 2, &mut Randomness::new(seed)).unwrap().actions));
        }
    }

    #[test]
    fn a_single_expression_is_not_asked_alone_every_time() {
        use Action::*;
        let always = |actions: &[Action], count| Actions::of(actions).always_ask_expression(count);
        assert!(Actions::USUAL.always_ask_expression(1) && always(&[Smile, OpenMouth, Nod], 1));
        assert!(always(&[Smile, Nod], 2) && always(&[Smile], 1));
        // The only expression would be foreseeable.
        assert!(!always(&[Smile, Nod, TurnLeft], 1) && !always(&[Nod, TurnLeft], 2));
    }

    #[test]
    fn nothing_offered_is_nothing_drawn() {
        assert_eq!(draw(Actions::from_bits(0), 3, &mut Randomness::new(1)), None);
    }

    #[test]
    fn names_lead_back_to_their_actions() {
        assert!(Action::ALL.into_iter().all(|action| Action::from_name(action.name()) == Some(action)));
    }
}
