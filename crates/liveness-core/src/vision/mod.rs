// SPDX-License-Identifier: MIT OR Apache-2.0

//! Pixels: a read-only view of a video frame in any raw format, and tensors sampled from it.
//!
//! No code in this module converts or copies a whole frame: [`Sampler`] reads only the pixels that an output needs.

mod fingerprint;
mod frame;
mod geometry;
mod glimpse;
mod luma;
mod oval;
mod sampler;
mod smooth;
mod strobe;
mod transfer;

pub use fingerprint::fingerprint;
pub use frame::{
    Channel, Colorimetry, Frame, FrameError, MAX_SIDE, Matrix, PixelFormat, Plane, Primaries, Range,
    Transfer, density, display_size,
};
pub use geometry::{Affine, Point, Rect, RotatedRect};
pub use glimpse::Glimpse;
pub use luma::{LumaPatch, LumaStats, luma};
pub use oval::Oval;
pub use sampler::{Border, ChannelOrder, Layout, Sampler, TensorSpec};
pub use smooth::{GAUSSIAN_0_8, smooth};
pub use strobe::StrobeFilter;
pub use transfer::{srgb_decoded, srgb_encoded};
