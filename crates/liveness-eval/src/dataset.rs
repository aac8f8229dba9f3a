// SPDX-License-Identifier: MIT OR Apache-2.0

//! Labelled media: a table, or one folder per class.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path};

use liveness_workflow::without_byte_order_mark;

use super::case::{Case, Label, Origin};
use liveness_service::failure::Failure;

/// Name of the table in a folder.
const TABLE: &str = "labels.tsv";
/// Maximum size of a table in bytes; real tables are far smaller.
const MAX_BYTES: u64 = 64 << 20;
/// Maximum depth of folders below a class.
const DEPTH: usize = 8;

/// Reads the cases of a table (`.tsv`), of a folder with a `labels.tsv`, or of a folder with one folder per class.
///
/// # Errors
/// A [`Failure`] if the dataset cannot be read, is malformed or has no labelled file.
pub fn read(path: &Path) -> Result<Vec<Case>, Failure> {
    let found = fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    let table = if found.is_dir() { path.join(TABLE) } else { path.to_path_buf() };
    let folder = table.parent().unwrap_or(Path::new("."));
    let cases = if table.is_file() { of_table(&text(&table)?, folder) } else { of_classes(path) };
    let cases = cases.map_err(|failure| failure.about(path.display()))?;
    if cases.is_empty() {
        return Err(Failure::data(format!("{} has no labelled file", path.display())));
    }
    Ok(cases)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::no_input(format!("{} cannot be read: {error}", path.display()))
}

fn text(path: &Path) -> Result<String, Failure> {
    let size = fs::metadata(path).map_err(|e| unreadable(path, &e))?.len();
    if size > MAX_BYTES {
        return Err(Failure::data(format!("{} is larger than 64 MiB", path.display())));
    }
    fs::read_to_string(path).map_err(|e| unreadable(path, &e))
}

/// Reads the cases of a table. Its header names the columns: path, label, species (or kind), subject. Lines
/// with unknown labels and paths without a file are skipped and counted.
fn of_table(text: &str, folder: &Path) -> Result<Vec<Case>, Failure> {
    let mut lines = text.lines();
    let header: Vec<_> = without_byte_order_mark(lines.next().unwrap_or_default()).split('\t').collect();
    let column =
        |names: &[&str]| header.iter().position(|h| names.contains(&h.trim().to_lowercase().as_str()));
    let missing = |name| Failure::data(format!("its first line names no column \"{name}\""));
    let path = column(&["path", "file"]).ok_or_else(|| missing("path"))?;
    let label = column(&["label"]).ok_or_else(|| missing("label"))?;
    let (species, subject) = (column(&["species", "kind"]), column(&["subject"]));
    let (mut cases, mut seen, mut left) = (Vec::new(), HashSet::new(), 0);
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<_> = line.split('\t').map(str::trim).collect();
        let field = |at: Option<usize>| at.and_then(|at| fields.get(at).copied()).unwrap_or_default();
        let (id, label) = (field(Some(path)), Label::of_word(field(Some(label))));
        let place = number + 2;
        if !stays_inside(Path::new(id)) {
            return Err(Failure::data(format!(
                "line {place}: \"{}\" leads out of the folder",
                id.escape_debug()
            )));
        }
        let file = folder.join(id);
        let Some(label) = label.filter(|_| file.is_file()) else {
            left += 1;
            continue;
        };
        if !seen.insert(id.to_owned()) {
            return Err(Failure::data(format!("line {place}: {} stands there twice", id.escape_debug())));
        }
        cases.push(case(id, label, field(species), field(subject), &file));
    }
    if left > 0 {
        tracing::warn!("{left} lines are neither live nor attack, or name no file: left out");
    }
    Ok(cases)
}

fn case(id: &str, label: Label, species: &str, subject: &str, file: &Path) -> Case {
    let own = match label {
        Label::Live => "bona fide",
        Label::Attack => "attack",
        Label::Other => "other",
    };
    let species = if species.is_empty() { own } else { species };
    let origin = Origin::File(file.to_path_buf());
    Case { id: id.to_owned(), label, species: species.to_owned(), subject: subject.to_owned(), origin }
}

/// Returns whether the path stays in the dataset's folder. A foreign dataset may only name its own files.
fn stays_inside(path: &Path) -> bool {
    let within = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    path.components().all(within) && path.components().next().is_some()
}

/// Reads the cases of `live/…` and `attack/SPECIES/…`, or of folders with synonymous names.
fn of_classes(folder: &Path) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for name in names(folder)? {
        if let Some(label) = Label::of_word(&name) {
            walk(folder, &name, DEPTH, &mut |id| {
                // The folder below the class, if there is one.
                let species = match id.split('/').collect::<Vec<_>>()[..] {
                    [_, species, _, ..] => species,
                    _ => "",
                };
                cases.push(case(id, label, species, "", &folder.join(id)));
            })?;
        }
    }
    if cases.is_empty() {
        return Err(Failure::data(format!("it has neither a {TABLE} nor folders such as live and attack")));
    }
    Ok(cases)
}

/// Calls `found` with the names of all files below `id`, down to `depth` folders.
fn walk(root: &Path, id: &str, depth: usize, found: &mut impl FnMut(&str)) -> Result<(), Failure> {
    let path = root.join(id);
    if path.is_dir() && depth > 0 {
        for name in names(&path)? {
            walk(root, &format!("{id}/{name}"), depth - 1, found)?;
        }
    } else if path.is_file() {
        found(id);
    }
    Ok(())
}

/// Returns the sorted names in a folder, without hidden files.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|e| unreadable(folder, &e))?;
    let mut names: Vec<_> = entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_service::failure::Code;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    #[test]
    fn a_table_is_read_by_its_header() {
        let folder = folder(&["a.png", "b.mp4", "c.png"]);
        let table = "\u{feff}Label\tsubject\tPath\tkind\nlive\ttd\ta.png\timage\nattack\t\tb.mp4\n\nn.a.\t\tc.png\t\nlive\t\tgone.png\t\n";
        fs::write(folder.path().join(TABLE), table).unwrap();
        let cases = read(folder.path()).unwrap();
        let told: Vec<_> =
            cases.iter().map(|c| (c.id.as_str(), c.label, c.species.as_str(), c.subject.as_str())).collect();
        assert_eq!(told, [("a.png", Label::Live, "image", "td"), ("b.mp4", Label::Attack, "attack", "")]);
        assert_eq!(read(&folder.path().join(TABLE)).unwrap(), cases);
    }

    #[test]
    fn a_table_that_means_harm_is_refused() {
        let folder = folder(&["a.png"]);
        for (table, told) in [
            ("", "no column \"path\""),
            ("path\tkind\na.png\tlive", "no column \"label\""),
            ("path\tlabel\n../../etc/passwd\tlive", "line 2: \"../../etc/passwd\" leads out"),
            ("path\tlabel\n/etc/passwd\tlive", "leads out"),
            ("path\tlabel\n\tlive", "leads out"),
            ("path\tlabel\na.png\tlive\na.png\tattack", "line 3: a.png stands there twice"),
            ("path\tlabel\nb.png\tlive", "no labelled file"),
        ] {
            fs::write(folder.path().join(TABLE), table).unwrap();
            let failure = read(folder.path()).unwrap_err();
            assert_eq!(failure.code, Code::Data);
            assert!(failure.text.contains(told), "{failure}");
        }
        fs::write(folder.path().join(TABLE), [0xff, 0xfe, 0]).unwrap();
        assert_eq!(read(folder.path()).unwrap_err().code, Code::NoInput);
        assert_eq!(read(&folder.path().join("none")).unwrap_err().code, Code::NoInput);
    }

    #[test]
    fn folders_are_classes_and_theirs_are_species() {
        let folder = folder(&[
            "real/a.png",
            "spoof/print/b.png",
            "spoof/print/far/c.png",
            "spoof/d.png",
            "notes/e.txt",
            ".git/f",
        ]);
        let cases = read(folder.path()).unwrap();
        let told: Vec<_> = cases.iter().map(|c| (c.id.as_str(), c.label, c.species.as_str())).collect();
        assert_eq!(
            told,
            [
                ("real/a.png", Label::Live, "bona fide"),
                ("spoof/d.png", Label::Attack, "attack"),
                ("spoof/print/b.png", Label::Attack, "print"),
                ("spoof/print/far/c.png", Label::Attack, "print"),
            ]
        );
        let empty = tempfile::tempdir().unwrap();
        assert!(read(empty.path()).unwrap_err().text.contains("neither a labels.tsv"));
    }
}
