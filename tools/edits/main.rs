// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures the effect of simple edits of a picture on the decision of the passive check.
//!
//!     cargo run --release --example edits -- LABELS.tsv [--most N] [--edits KIND,…] [--rows FILE] [--save FOLDER]
//!
//! `LABELS.tsv` has the columns path (relative to its folder), label (`live` or `attack`) and kind (`image`, or
//! `image/SPECIES`); a `sources.tsv` beside it names each path's source. Every picture is judged as it is and after each edit in
//! `edit.rs`: per source, species and edit the counts of decisions, then the attacks approved with the best edit and the live
//! pictures that an edit gets declined, with exact 95 % intervals.
//!
//! `--most`: at most N pictures of a source and species (default: all). `--edits`: only these kinds (default: all; `none`).
//! `--rows`: also writes each decision with its cues as tab-separated values. `--save`: also writes the edited pictures as PNG.

mod dataset;
mod edit;
mod judge;
mod report;

use std::io::Write;
use std::path::PathBuf;

use dataset::Item;
use edit::{Edit, Error, Scenes};
use image::RgbImage;
use judge::{Judge, Judgement};
use liveness_render::{Presentation, Renderer, Scene, Setting};
use report::Outcome;

const PORTRAIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/media/astronaut.png");
const USAGE: &str = "usage: edits LABELS.tsv [--most N] [--edits KIND,…] [--rows FILE] [--save FOLDER]";

struct Arguments {
    labels: PathBuf,
    most: usize,
    edits: Vec<Edit>,
    rows: Option<PathBuf>,
    save: Option<PathBuf>,
}

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let labels = arguments.next().ok_or(USAGE)?.into();
        let mut all = Self { labels, most: usize::MAX, edits: Edit::ALL.to_vec(), rows: None, save: None };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            match name.as_str() {
                "--most" => all.most = value.parse()?,
                "--edits" => all.edits.retain(|edit| value.split(',').any(|kind| kind == edit.family())),
                "--rows" => all.rows = Some(value.into()),
                "--save" => all.save = Some(value.into()),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(all)
    }
}

fn main() -> Result<(), Error> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let mut judge = Judge::new()?;
    let scenes = scenes(&mut judge)?;
    let mut rows = arguments.rows.as_ref().map(std::fs::File::create).transpose()?;
    let items = dataset::read(&arguments.labels, arguments.most)?;
    let mut outcomes = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if i % 10 == 0 {
            eprintln!("{i} of {}", items.len());
        }
        match outcome(&mut judge, item, &scenes, &arguments) {
            Ok(Some(outcome)) => {
                if let Some(rows) = &mut rows {
                    write_rows(rows, item, &arguments.edits, &outcome)?;
                }
                outcomes.push(outcome);
            }
            Ok(None) => eprintln!("{}: no face", item.path),
            Err(error) => eprintln!("{}: {error}", item.path),
        }
    }
    print!("{}", report::report(&arguments.edits, &outcomes));
    Ok(())
}

fn scenes(judge: &mut Judge) -> Result<Scenes, Error> {
    let setting = Setting { width: 1280, height: 720, ..Setting::default() };
    let (width, height) = (setting.width as u32, setting.height as u32);
    let mut renderer = Renderer::new(setting);
    let nobody = Scene { presentation: Presentation::Nobody, ..Scene::default() };
    let room = RgbImage::from_raw(width, height, renderer.render(&nobody, 0.033).to_vec());
    let portrait = image::open(PORTRAIT)?.into_rgb8();
    let portrait_face = judge.judge(&portrait)?.face.ok_or("the portrait shows no face")?;
    Ok(Scenes { room: room.ok_or("the room's size")?, portrait, portrait_face })
}

/// Judges a picture as it is and after every edit; `None` if it shows no face.
fn outcome(
    judge: &mut Judge,
    item: &Item,
    scenes: &Scenes,
    Arguments { edits, save, .. }: &Arguments,
) -> Result<Option<Outcome>, Error> {
    let picture = item.load()?;
    let unedited = judge.judge(&picture)?;
    let Some(face) = unedited.face else { return Ok(None) };
    let mut edited = Vec::with_capacity(edits.len());
    for edit in edits {
        let picture = edit.apply(&picture, &face, scenes)?;
        if let Some(folder) = save {
            std::fs::create_dir_all(folder)?;
            let name = format!("{} {edit}.png", item.path).replace('/', "_");
            picture.save(folder.join(name))?;
        }
        edited.push(judge.judge(&picture)?);
    }
    Ok(Some(Outcome { source: item.source.clone(), species: item.species.clone(), unedited, edited }))
}

fn write_rows(to: &mut impl Write, item: &Item, edits: &[Edit], outcome: &Outcome) -> std::io::Result<()> {
    let names = std::iter::once("unedited".to_owned()).chain(edits.iter().map(ToString::to_string));
    for (name, judgement) in names.zip(std::iter::once(&outcome.unedited).chain(&outcome.edited)) {
        let Judgement { status, score, guidance, cues, .. } = judgement;
        write!(
            to,
            "{}\t{}\t{}\t{name}\t{}\t{score:.2}\t{}",
            item.source,
            item.species,
            item.path,
            status.name(),
            guidance.code()
        )?;
        for cue in cues {
            write!(to, "\t{}={:.4}", cue.name, cue.value.unwrap_or(f64::NAN))?;
        }
        writeln!(to)?;
    }
    to.flush()
}
