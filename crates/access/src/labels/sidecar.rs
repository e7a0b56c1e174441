//! `.pinakes-access.toml`: who may read what lies in its folder and below.
//!
//! ```toml
//! readers = ["group:hr", "user:ada"]     # everything here and below
//!
//! [files]                                # patterns within this folder; the last that matches decides
//! "salaries-*.xlsx" = ["user:cfo"]
//! ```
//! The nearest one that speaks of a file decides. One that cannot be understood closes its folder.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use pinakes_catalog::Decided;
use pinakes_config::limits::access::SIDECAR_BYTES_MAX;
use pinakes_types::{Label, PathPattern};
use serde::Deserialize;

use super::label_set;

/// Its name.
pub const SIDECAR: &str = ".pinakes-access.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    readers: Option<Vec<String>>,
    #[serde(default)]
    files: toml::Table,
}

struct Sidecar {
    readers: Option<BTreeSet<Label>>,
    files: Vec<(PathPattern, BTreeSet<Label>)>,
}

/// Those read so far, by folder; `None` where there is none.
#[derive(Default)]
pub(crate) struct Sidecars(HashMap<PathBuf, Option<Rc<Result<Sidecar, String>>>>);

impl Sidecars {
    pub(crate) fn decide(&mut self, root: &Path, path: &Path) -> Option<Decided> {
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
            let Some(sidecar) = self.of(folder) else { continue };
            let place = folder.strip_prefix(root).unwrap_or(folder).join(SIDECAR);
            let labels = match &*sidecar {
                Err(problem) => {
                    return Some(Decided {
                        labels: BTreeSet::new(),
                        origin: format!("{} cannot be understood: {problem}", place.display()),
                    });
                }
                Ok(sidecar) => sidecar.of(&path.strip_prefix(folder).unwrap_or(path).to_string_lossy()),
            };
            if let Some(labels) = labels {
                return Some(Decided { labels, origin: place.display().to_string() });
            }
        }
        None
    }

    fn of(&mut self, folder: &Path) -> Option<Rc<Result<Sidecar, String>>> {
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let read = read(&folder.join(SIDECAR)).map(Rc::new);
        self.0.insert(folder.to_owned(), read.clone());
        read
    }
}

impl Sidecar {
    fn of(&self, below: &str) -> Option<BTreeSet<Label>> {
        let file = self.files.iter().rev().find(|(glob, _)| glob.matches(below)).map(|(_, labels)| labels);
        file.or(self.readers.as_ref()).cloned()
    }
}

fn read(place: &Path) -> Option<Result<Sidecar, String>> {
    match fs_err::metadata(place) {
        Ok(metadata) if metadata.len() > SIDECAR_BYTES_MAX => return Some(Err(format!("it has more than {SIDECAR_BYTES_MAX} bytes"))),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Err(error.to_string())),
    }
    let text = fs_err::read_to_string(place).map_err(|error| error.to_string());
    Some(text.and_then(|text| parse(&text)))
}

fn parse(text: &str) -> Result<Sidecar, String> {
    let written: Written = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let set = |words: &[String]| label_set(words.iter().map(String::as_str));
    let mut files = Vec::new();
    for (pattern, labels) in written.files {
        let glob = PathPattern::parse(&pattern)
            .filter(|glob| !glob.is_absolute())
            .ok_or_else(|| format!("{pattern:?} is no pattern within this folder"))?;
        let labels: Vec<String> = labels.try_into().map_err(|_| format!("{pattern:?} needs a list of labels"))?;
        files.push((glob, set(&labels)?));
    }
    Ok(Sidecar { readers: written.readers.as_deref().map(set).transpose()?, files })
}
