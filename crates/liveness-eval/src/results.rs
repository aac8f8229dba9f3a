// SPDX-License-Identifier: MIT OR Apache-2.0

//! The finished trials, one per line, so that an interrupted evaluation can continue.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use liveness_core::session::Thresholds;
use liveness_workflow::Node;
use serde::{Deserialize, Serialize};

use super::trial::Trial;
use liveness_service::failure::Failure;
use liveness_service::provenance::{self, Net};

/// The conditions under which results were obtained. A file with other conditions is rejected.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Settings {
    /// Version of the program.
    pub version: String,
    /// Name of the method.
    pub method: String,
    /// true if the presentations are rendered.
    pub rendered: bool,
    /// Scores at or below this value are declined.
    pub decline_threshold: f64,
    /// Scores at or below this value, but above `decline_threshold`, go to review.
    pub review_threshold: f64,
    /// The models used, with their digests.
    #[serde(default)]
    pub models: Vec<Net>,
}

impl Settings {
    /// Returns the settings for a check.
    ///
    /// # Errors
    /// A [`Failure`] if the models cannot be read.
    pub fn of(node: &Node, rendered: bool) -> Result<Self, Failure> {
        let Thresholds { decline, review } = node.thresholds();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            method: node.method.0.name().to_owned(),
            rendered,
            decline_threshold: decline,
            review_threshold: review,
            models: provenance::nets(node)?,
        })
    }
}

/// The trials by the ids of their cases, and the file that stores them.
#[derive(Debug)]
pub struct Results {
    done: HashMap<String, Trial>,
    file: Option<File>,
}

impl Results {
    /// Reads the results of a file and opens it for appending. Its first line holds the settings. Without a
    /// path, the results are kept in memory only.
    ///
    /// # Errors
    /// A [`Failure`] if the file cannot be read or written, is not a file of results, or has other settings.
    pub fn open(path: Option<&Path>, settings: &Settings) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self { done: HashMap::new(), file: None });
        };
        let failed = |e| Failure::output(format!("{} cannot be kept: {e}", path.display()));
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut lines = BufReader::new(&file).lines();
        let first = lines.next().transpose().map_err(failed)?;
        match first.as_deref().map(serde_json::from_str::<Settings>) {
            None => writeln!(file, "{}", line(settings)?).map_err(failed)?,
            Some(Ok(old)) if old == *settings => {}
            Some(Ok(_)) => {
                let text = format!("{} has results of other settings: name another file", path.display());
                return Err(Failure::usage(text));
            }
            Some(Err(_)) => {
                return Err(Failure::data(format!("{} is no file of results", path.display())));
            }
        }
        let mut done = HashMap::new();
        for text in BufReader::new(File::open(path).map_err(failed)?).lines().skip(1) {
            // A line that was cut off by a crash is skipped, so that its case is repeated.
            if let Ok(trial) = serde_json::from_str::<Trial>(&text.map_err(failed)?) {
                done.insert(trial.id.clone(), trial);
            }
        }
        if !std::fs::read(path).map_err(failed)?.ends_with(b"\n") {
            writeln!(file).map_err(failed)?;
        }
        Ok(Self { done, file: Some(file) })
    }

    /// Returns the trial of the case `id`, or `None` if it has not been run.
    pub fn get(&self, id: &str) -> Option<&Trial> {
        self.done.get(id)
    }

    /// Adds a trial and appends it to the file.
    ///
    /// # Errors
    /// A [`Failure`] if the file cannot be written.
    pub fn add(&mut self, trial: Trial) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            let written = file.write_all(format!("{}\n", line(&trial)?).as_bytes());
            written.map_err(|e| Failure::output(format!("the results cannot be kept: {e}")))?;
        }
        self.done.insert(trial.id.clone(), trial);
        Ok(())
    }
}

fn line(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|e| Failure::internal(format!("a result cannot be written: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::check::Method;
    use liveness_service::failure::Code;

    fn settings() -> Settings {
        Settings::of(&Node::new(Method::Flash), true).unwrap()
    }

    fn trial(id: &str) -> Trial {
        Trial { id: id.into(), status: "Approved".into(), score: 87.5, ..Trial::default() }
    }

    #[test]
    fn results_outlive_the_program_even_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut results = Results::open(Some(&path), &settings()).unwrap();
        results.add(trial("a")).unwrap();
        results.add(trial("b")).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        let mut results = Results::open(Some(&path), &settings()).unwrap();
        assert_eq!((results.get("a"), results.get("b")), (Some(&trial("a")), None));
        results.add(trial("b")).unwrap();
        let results = Results::open(Some(&path), &settings()).unwrap();
        assert_eq!((results.get("a"), results.get("b")), (Some(&trial("a")), Some(&trial("b"))));
    }

    #[test]
    fn other_files_are_left_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        Results::open(Some(&path), &settings()).unwrap();
        let other = Settings { review_threshold: 80.0, ..settings() };
        assert_eq!(Results::open(Some(&path), &other).unwrap_err().code, Code::Usage);
        let exchanged = Settings { models: Vec::new(), ..settings() };
        assert_eq!(Results::open(Some(&path), &exchanged).unwrap_err().code, Code::Usage);
        std::fs::write(&path, "my diary\n").unwrap();
        assert_eq!(Results::open(Some(&path), &settings()).unwrap_err().code, Code::Data);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "my diary\n");
    }
}
