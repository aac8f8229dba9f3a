//! `faces`: the index of faces from the command line.

use std::fs;
use std::path::Path;

use gstliveness::face::Embedding;
use gstliveness::inference::ModelSource;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cli::{FacesArgs, FacesCommand};
use super::embed::{Faces, of_file};
use super::failure::Failure;
use super::store::Store;
use super::store::faces::{Face, FaceIndex, List, StoredFaces};
use super::{console, exit};

/// A face of an export.
#[derive(Serialize, Deserialize)]
struct Exported {
    #[serde(flatten)]
    face: Face,
    embedding: Vec<f32>,
}

pub fn run(args: &FacesArgs) -> Result<u8, Failure> {
    let adds = matches!(args.command, FacesCommand::Add { .. } | FacesCommand::Import { .. });
    let store = Store::of(&args.store, adds)?;
    let mut index = StoredFaces::load(&store)?;
    match &args.command {
        FacesCommand::Add { pictures, list, vendor_data } => {
            let mut nets = Faces::new(&ModelSource::Embedded)?;
            for picture in pictures {
                let embedding =
                    of_file(&mut nets, picture).map_err(|failure| failure.about(picture.display()))?;
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

/// All faces of a file or, where one is wrong, none after it.
fn import(index: &mut StoredFaces<'_>, file: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file).map_err(|e| Failure::no_input(e.to_string()))?;
    let wrong = |number: usize, why: String| Failure::data(format!("line {}: {why}", number + 1));
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Exported { face, embedding } =
            serde_json::from_str(line).map_err(|e| wrong(number, e.to_string()))?;
        if index.list().iter().any(|known| known.face_id == face.face_id) {
            continue;
        }
        let embedding = Embedding::new(embedding)
            .ok_or_else(|| wrong(number, "the embedding has no direction".into()))?;
        index.add(face, &embedding).map_err(|failure| wrong(number, failure.text))?;
    }
    Ok(())
}

fn print(line: &impl Serialize) -> Result<(), Failure> {
    console::print(&serde_json::to_string(line).map_err(|e| Failure::internal(e.to_string()))?)
}
