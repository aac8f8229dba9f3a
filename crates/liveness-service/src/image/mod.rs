// SPDX-License-Identifier: MIT OR Apache-2.0

//! Single pictures: decoding, and checks of one picture.

mod decode;
pub mod file;
pub mod judge;
pub mod turn;
