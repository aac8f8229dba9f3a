// SPDX-License-Identifier: MIT OR Apache-2.0

//! `faces`: manages the face index of a store.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use liveness_core::face::Embedding;
use liveness_core::inference::ModelSource;
use liveness_workflow::without_byte_order_mark;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cli::{FacesArgs, FacesCommand};
use super::store::{self, Access};
use super::{console, exit};
use liveness_service::embed::{Faces, of_file, to_be_found};
use liveness_service::failure::Failure;
use liveness_service::store::faces::{Face, FaceIndex, List, StoredFaces, WIDTH};

/// Limit of the faces in one import.
const MAX_FACES: usize = 100_000;
/// Limit of the length of a line, in bytes. A face takes about 6 kB.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// A face in an export.
#[derive(Serialize, Deserialize)]
struct Exported {
    #[serde(flatten)]
    face: Face,
    embedding: Vec<f32>,
}

/// Runs the command. Returns the exit status.
///
/// # Errors
/// The store, a picture or a file is unusable, or a face does not exist.
pub fn run(args: &FacesArgs) -> Result<u8, Failure> {
    let adds = matches!(args.command, FacesCommand::Add { .. } | FacesCommand::Import { .. });
    let access = match args.command {
        _ if adds => Access::Make,
        FacesCommand::Remove { .. } => Access::Change,
        _ => Access::Read,
    };
    let store = store::open(&args.store, access)?;
    let mut index = StoredFaces::load(&store)?;
    match &args.command {
        FacesCommand::Add { pictures, list, vendor_data } => {
            let mut nets = Faces::new(&ModelSource::Embedded)?;
            for picture in pictures {
                let embedding =
                    to_be_found(&mut nets, picture).map_err(|failure| failure.about(picture.display()))?;
                let face = Face::new(*list, None, vendor_data.clone())?;
                index.add(face.clone(), &embedding)?;
                print(&face)?;
            }
        }
        FacesCommand::List => index.list().iter().try_for_each(print)?,
        FacesCommand::Remove { faces } => {
            for id in faces {
                if !index.remove(id)? {
                    return Err(Failure::usage(format!("there is no face {id}")));
                }
            }
        }
        FacesCommand::Import { file } => {
            import(&mut index, file).map_err(|failure| failure.about(file.display()))?
        }
        FacesCommand::Export => {
            for (i, face) in index.list().iter().enumerate() {
                print(&Exported { face: face.clone(), embedding: index.embedding(i).to_vec() })?;
            }
        }
        FacesCommand::Search { picture, top } => {
            let embedding = of_file(&mut Faces::new(&ModelSource::Embedded)?, picture)?;
            search(&index, &embedding, usize::from(*top))?;
        }
    }
    Ok(exit::APPROVED)
}

/// Prints the nearest faces of each list, the most similar first, at most `most` of each.
fn search(index: &StoredFaces<'_>, embedding: &Embedding, most: usize) -> Result<(), Failure> {
    let lists = [List::Blocklist, List::Known];
    let mut nearest: Vec<_> =
        lists.into_iter().flat_map(|list| index.search(embedding, list, None, most)).collect();
    nearest.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (face, similarity) in nearest {
        let mut line =
            serde_json::to_value(face.matching(similarity)).map_err(|e| Failure::internal(e.to_string()))?;
        line["face_id"] = json!(face.face_id);
        console::print(&line.to_string())?;
    }
    Ok(())
}

/// Adds the faces of a file that are not in the index yet. Adds none if one of them is invalid.
fn import(index: &mut StoredFaces<'_>, file: &Path) -> Result<(), Failure> {
    let mut input = BufReader::new(regular(file)?);
    let mut seen: HashSet<String> = index.list().iter().map(|face| face.face_id.clone()).collect();
    let (mut faces, mut line) = (Vec::new(), Vec::new());
    for number in 1.. {
        let wrong = |why: &str| Failure::data(format!("line {number}: {why}"));
        line.clear();
        let read = (&mut input).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line);
        match read.map_err(|e| Failure::no_input(e.to_string()))? as u64 {
            0 => break,
            longer if longer > MAX_LINE_BYTES => return Err(wrong("it has more than 64 kB")),
            _ if line.trim_ascii().is_empty() => continue,
            _ => {}
        }
        let text = std::str::from_utf8(&line).map_err(|_| wrong("it is not UTF-8"))?;
        let text = if number == 1 { without_byte_order_mark(text) } else { text };
        let Exported { face, embedding } = serde_json::from_str(text).map_err(|e| wrong(&e.to_string()))?;
        if !seen.insert(face.face_id.clone()) {
            continue;
        }
        let embedding = Embedding::new(embedding).filter(|embedding| embedding.values().len() == WIDTH);
        let embedding = embedding.ok_or_else(|| wrong("the embedding is none of this program's net"))?;
        faces.push((face, embedding));
        if faces.len() > MAX_FACES {
            return Err(wrong("the file has more than 100000 new faces: import it in parts"));
        }
    }
    index.add_all(faces)
}

/// Opens a regular file. Rejects a FIFO or a device, which could block or never end.
fn regular(path: &Path) -> Result<File, Failure> {
    let failed = |e: std::io::Error| Failure::no_input(e.to_string());
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Failure::no_input("it is no regular file"));
    }
    Ok(file)
}

/// Prints a value as a line of JSON.
fn print(line: &impl Serialize) -> Result<(), Failure> {
    console::print(&serde_json::to_string(line).map_err(|e| Failure::internal(e.to_string()))?)
}
