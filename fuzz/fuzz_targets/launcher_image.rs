#[path = "../../src/launch/image/decode/mod.rs"]
mod decode;
#[path = "../../src/launch/image/file.rs"]
pub mod file;
