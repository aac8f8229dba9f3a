// SPDX-License-Identifier: MIT OR Apache-2.0

//! Labelled pictures: `labels.tsv`, and `sources.tsv` beside it where there is one.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};

use super::edit::Error;

/// Longer sides are scaled down to this: cameras for checks send no more.
const LONGEST_SIDE: u32 = 800;

/// A picture with its label.
#[derive(Clone, Debug)]
pub struct Item {
    pub file: PathBuf,
    pub path: String,
    /// Its publication, or its folder.
    pub source: String,
    /// `live`, or the kind of attack.
    pub species: String,
}

impl Item {
    /// # Errors
    /// When the file cannot be decoded.
    pub fn load(&self) -> Result<RgbImage, Error> {
        let mut decoder = ImageReader::open(&self.file)?.with_guessed_format()?.into_decoder()?;
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        let picture = picture.into_rgb8();
        let (width, height) = picture.dimensions();
        let longest = width.max(height);
        if longest <= LONGEST_SIDE {
            return Ok(picture);
        }
        let scaled =
            |side: u32| (u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest)).max(1) as u32;
        Ok(imageops::resize(&picture, scaled(width), scaled(height), FilterType::Triangle))
    }
}

/// Reads the live and attack pictures of a `labels.tsv`: at most `most` of a source and species, evenly spread over the file.
///
/// # Errors
/// When the file cannot be read.
pub fn read(labels: &Path, most: usize) -> Result<Vec<Item>, Error> {
    let folder = labels.parent().unwrap_or(Path::new(""));
    let sources = std::fs::read_to_string(folder.join("sources.tsv")).unwrap_or_default();
    let sources: HashMap<&str, &str> =
        sources.lines().filter_map(|line| line.split_once('\t')).map(|(p, s)| (p, publisher(s))).collect();
    let mut groups: BTreeMap<(String, String), Vec<Item>> = BTreeMap::new();
    for line in std::fs::read_to_string(labels)?.lines() {
        let [path, label, kind, ..] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let species = match (label, kind.split_once('/')) {
            ("live", _) if kind == "image" => "live",
            ("attack", Some(("image", species))) => species,
            _ => continue,
        };
        let source = sources.get(path).copied().unwrap_or_else(|| collection(path, species)).to_owned();
        let item = Item {
            file: folder.join(path),
            path: path.to_owned(),
            source: source.clone(),
            species: species.to_owned(),
        };
        groups.entry((source, species.to_owned())).or_default().push(item);
    }
    Ok(groups.into_values().flat_map(|group| spread(group, most)).collect())
}

/// `GH owner/name@commit file` without the commit and the file.
fn publisher(source: &str) -> &str {
    let source = source.trim_start_matches("GH ");
    source.split(['@', ' ', '\t']).next().unwrap_or(source)
}

/// The folder of `path`, or the one above where it is named after the species.
fn collection<'a>(path: &'a str, species: &str) -> &'a str {
    let folder = |path: &'a str| path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = folder(path);
    if own.rsplit('/').next() == Some(species) { folder(own) } else { own }
}

fn spread(group: Vec<Item>, most: usize) -> Vec<Item> {
    let count = group.len();
    if count <= most {
        return group;
    }
    (0..most).map(|i| group[i * count / most].clone()).collect()
}
