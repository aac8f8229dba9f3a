#[path = "../../src/launch/image/file.rs"]
pub mod file;
