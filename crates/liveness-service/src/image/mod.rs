//! Single pictures: decoding, and the judgement of a check on one.

mod decode;
pub mod file;
pub mod judge;
pub mod turn;
