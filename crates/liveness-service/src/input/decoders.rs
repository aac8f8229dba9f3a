// SPDX-License-Identifier: MIT OR Apache-2.0

//! The selection of GStreamer's decoders for files and streams.

use gst::prelude::*;

/// Disables the decoders of transparent video in this process. They refuse streams that are flagged as
/// transparent but carry no alpha, as browsers record them. The ordinary decoders play both, and the checks
/// read colours only.
pub fn exclude_alpha_decoders() {
    let decoders =
        gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
    for decoder in decoders.iter().filter(|decoder| decoder.name().ends_with("alphadecodebin")) {
        decoder.set_rank(gst::Rank::NONE);
    }
}
