// SPDX-License-Identifier: MIT OR Apache-2.0

//! The properties of `livenesstestsrc`.

use std::sync::LazyLock;

use glib::prelude::*;

use super::{Behaviour, Screen, Subject};
use liveness_render::Setting;
use liveness_render::actor::Role;

/// The values of the properties.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The subject in front of the camera.
    pub subject: Subject,
    /// The subject's answers to prompts.
    pub behaviour: Behaviour,
    /// The screen in front of the person.
    pub screen: Screen,
    /// The room's light relative to a white 24-inch screen at 0.5 m.
    pub ambient: f64,
    /// Distance from the camera to the face, in metres.
    pub distance: f64,
    /// The sensor's noise relative to a usual webcam.
    pub noise: f64,
    /// Loss of motion JPEG: 0 for none, else as with JPEG quality 100 − `compression`.
    pub compression: u32,
    /// The camera slowly adapts to the colour of the light.
    pub white_balance: bool,
    /// Sway of the body and the head; 1 is usual.
    pub sway: f64,
    /// Selects the person.
    pub identity: u64,
    /// The person wears spectacles.
    pub glasses: bool,
    /// The person wears a hygiene mask.
    pub hygiene_mask: bool,
    /// The seed of everything random.
    pub seed: u64,
    /// Mean time from a prompt to the start of the answer, in nanoseconds.
    pub reaction_time: u64,
    /// Time from a light event to the light on the face, in nanoseconds.
    pub display_latency: u64,
    /// Takes frames by the clock.
    pub is_live: bool,
}

const MILLISECOND: u64 = 1_000_000;

impl Default for Settings {
    fn default() -> Self {
        let setting = Setting::default();
        // Converts through text, so that 0.6 stays 0.6.
        let double = |v: f32| v.to_string().parse().unwrap_or(f64::from(v));
        Self {
            subject: Subject::Live,
            behaviour: Behaviour::Obeys,
            screen: Screen::Desktop,
            ambient: double(setting.ambient),
            distance: double(setting.distance),
            noise: double(setting.noise),
            compression: setting.compression,
            white_balance: setting.white_balance,
            sway: double(Role::default().sway),
            identity: setting.identity,
            glasses: setting.glasses,
            hygiene_mask: setting.hygiene_mask,
            seed: setting.seed,
            reaction_time: 350 * MILLISECOND,
            display_latency: 60 * MILLISECOND,
            is_live: false,
        }
    }
}

impl Settings {
    /// Returns the actor's role.
    pub fn role(&self) -> Role {
        let seconds = |nanoseconds: u64| nanoseconds as f64 * 1e-9;
        Role {
            subject: self.subject.into(),
            behaviour: self.behaviour.into(),
            seed: self.seed,
            reaction_time: seconds(self.reaction_time),
            display_latency: seconds(self.display_latency),
            screen: self.screen.into(),
            sway: self.sway as f32,
        }
    }

    /// Returns the renderer's setting for a picture of this size in pixels.
    pub fn setting(&self, width: usize, height: usize) -> Setting {
        Setting {
            width,
            height,
            identity: self.identity,
            glasses: self.glasses,
            hygiene_mask: self.hygiene_mask,
            seed: self.seed,
            ambient: self.ambient as f32,
            distance: self.distance as f32,
            noise: self.noise as f32,
            compression: self.compression,
            white_balance: self.white_balance,
        }
    }

    /// Sets the property `name`; unknown names are ignored.
    ///
    /// # Errors
    /// The value has the wrong type.
    pub fn set(
        &mut self,
        name: &str,
        value: &glib::Value,
    ) -> Result<(), glib::value::ValueTypeMismatchError> {
        match name {
            "subject" => self.subject = value.get()?,
            "behaviour" => self.behaviour = value.get()?,
            "screen" => self.screen = value.get()?,
            "ambient" => self.ambient = value.get()?,
            "distance" => self.distance = value.get()?,
            "noise" => self.noise = value.get()?,
            "compression" => self.compression = value.get()?,
            "white-balance" => self.white_balance = value.get()?,
            "sway" => self.sway = value.get()?,
            "identity" => self.identity = value.get()?,
            "glasses" => self.glasses = value.get()?,
            "hygiene-mask" => self.hygiene_mask = value.get()?,
            "seed" => self.seed = value.get()?,
            "reaction-time" => self.reaction_time = value.get()?,
            "display-latency" => self.display_latency = value.get()?,
            "is-live" => self.is_live = value.get()?,
            _ => {}
        }
        Ok(())
    }

    /// Returns the value of the property `name`.
    pub fn get(&self, name: &str) -> glib::Value {
        match name {
            "subject" => self.subject.to_value(),
            "behaviour" => self.behaviour.to_value(),
            "screen" => self.screen.to_value(),
            "ambient" => self.ambient.to_value(),
            "distance" => self.distance.to_value(),
            "noise" => self.noise.to_value(),
            "compression" => self.compression.to_value(),
            "white-balance" => self.white_balance.to_value(),
            "sway" => self.sway.to_value(),
            "identity" => self.identity.to_value(),
            "glasses" => self.glasses.to_value(),
            "hygiene-mask" => self.hygiene_mask.to_value(),
            "seed" => self.seed.to_value(),
            "reaction-time" => self.reaction_time.to_value(),
            "display-latency" => self.display_latency.to_value(),
            _ => self.is_live.to_value(),
        }
    }
}

/// Returns the properties of `livenesstestsrc`. They take effect with the next start.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let default = Settings::default();
        let double = |name, nick, blurb, range: [f64; 2], value: f64| {
            glib::ParamSpecDouble::builder(name)
                .nick(nick)
                .blurb(blurb)
                .minimum(range[0])
                .maximum(range[1])
                .default_value(value)
                .build()
        };
        let number = |name, nick, blurb, maximum: u64, value: u64| {
            glib::ParamSpecUInt64::builder(name)
                .nick(nick)
                .blurb(blurb)
                .maximum(maximum)
                .default_value(value)
                .build()
        };
        let minute = 60_000 * MILLISECOND;
        vec![
            glib::ParamSpecEnum::builder_with_default("subject", default.subject)
                .nick("Subject")
                .blurb("Who or what is before the camera")
                .build(),
            glib::ParamSpecEnum::builder_with_default("behaviour", default.behaviour)
                .nick("Behaviour")
                .blurb("How the subject answers liveness/action events (replay and injected do not)")
                .build(),
            glib::ParamSpecEnum::builder_with_default("screen", default.screen)
                .nick("Screen")
                .blurb("The screen before the person, which shows the light of liveness/light events")
                .build(),
            double(
                "ambient",
                "Ambient light",
                "The room's light on the face against that of a white 24-inch screen at 0.5 m; 0 = dark, 1 = an office",
                [0.0, 100.0],
                default.ambient,
            ),
            double(
                "distance",
                "Distance",
                "From the camera to the face, in metres",
                [0.15, 5.0],
                default.distance,
            ),
            double(
                "noise",
                "Noise",
                "The sensor's noise; 1 = a usual webcam, 0 = none",
                [0.0, 100.0],
                default.noise,
            ),
            glib::ParamSpecUInt::builder("compression")
                .nick("Compression")
                .blurb("What motion JPEG in the camera loses: 0 = nothing, else as with JPEG quality 100 - compression")
                .maximum(100)
                .default_value(default.compression)
                .build(),
            glib::ParamSpecBoolean::builder("white-balance")
                .nick("White balance")
                .blurb("The camera slowly follows the colour of the light")
                .default_value(default.white_balance)
                .build(),
            double(
                "sway",
                "Sway",
                "How far the body sways and the head turns by itself; 1 = usual, 6 = up to 15 degrees",
                [0.0, 10.0],
                default.sway,
            ),
            number("identity", "Identity", "Which person: shape, skin and hair", u64::MAX, default.identity),
            glib::ParamSpecBoolean::builder("glasses")
                .nick("Glasses")
                .blurb("The person wears spectacles")
                .default_value(default.glasses)
                .build(),
            glib::ParamSpecBoolean::builder("hygiene-mask")
                .nick("Hygiene mask")
                .blurb("The person wears a hygiene mask: blue, white or black by the identity")
                .default_value(default.hygiene_mask)
                .build(),
            number(
                "seed",
                "Seed",
                "Everything random is drawn from it: the same seed repeats the same frames",
                u64::MAX,
                default.seed,
            ),
            number(
                "reaction-time",
                "Reaction time",
                "From a prompt to the beginning of the answer, on average, in nanoseconds",
                minute,
                default.reaction_time,
            ),
            number(
                "display-latency",
                "Display latency",
                "From a liveness/light event to the light on the face, in nanoseconds",
                minute,
                default.display_latency,
            ),
            glib::ParamSpecBoolean::builder("is-live")
                .nick("Is live")
                .blurb("Take frames by the clock, as a camera does")
                .default_value(default.is_live)
                .build(),
        ]
    });
    &PROPERTIES
}
