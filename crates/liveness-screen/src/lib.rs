// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kiosk screen: an oval that shows the person, light around it, a ring that fills, one sentence in large letters.
//!
//! It is drawn over camera frames in place, plane by plane, in their own format; no frame is converted. Letters and
//! pictograms become masks once per change; light and veil are rows that are copied or blended.

mod caption;
mod grid;
mod ink;
mod layout;
mod light;
mod mask;
mod paint;
mod panel;
mod pictogram;
mod rim;
mod view;
mod wording;

pub use grid::PlaneMut;
pub use layout::Layout;
pub use liveness_core::locale::Language;
pub use liveness_core::vision::Oval;
pub use paint::{Screen, Spec, Style};
pub use panel::{Choice, choice_at};
pub use view::{Prompt, Ready, View};
