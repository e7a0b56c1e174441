//! The weights of a folder: one safetensors file, or several that an index tells apart.
//!
//! The index names the file of each tensor: `{"weight_map": {"tensor": "model-00001-of-00002.safetensors"}}`. It is held against the
//! headers of the files both ways, so that a tensor stands in exactly one of them, the one that is named. As everywhere, a folder with
//! `model.safetensors` is read without an index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{BadSafetensors, Header, Tensor, check};
use crate::limits;
use crate::wanted::is_plain_file;

/// The weights when they are one file.
pub const WEIGHTS: &str = "model.safetensors";
/// The index when they are several.
pub const INDEX: &str = "model.safetensors.index.json";

/// All weights of a folder, each file checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// By name; one or more.
    pub shards: Vec<Shard>,
}

/// One file of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The file.
    pub path: PathBuf,
    /// Its table of contents.
    pub header: Header,
}

impl Folder {
    /// Every tensor with its file; no name stands twice.
    pub fn tensors(&self) -> impl Iterator<Item = (&Shard, &Tensor)> {
        self.shards.iter().flat_map(|shard| shard.header.tensors.iter().map(move |tensor| (shard, tensor)))
    }
}

/// Checks the weights of a folder.
///
/// # Errors
/// There are none, a file breaks a rule of [`check`], or index and files disagree.
pub fn open_folder(folder: &Path) -> Result<Folder, BadSafetensors> {
    let single = folder.join(WEIGHTS);
    if single.exists() {
        return Ok(Folder { shards: vec![Shard { header: check(&single)?, path: single }] });
    }
    let index_path = folder.join(INDEX);
    if !index_path.exists() {
        return Err(bad(folder, None, format!("holds neither {WEIGHTS} nor {INDEX}")));
    }
    let mut places = read_index(&index_path)?;
    let mut names: Vec<String> = places.values().cloned().collect();
    names.sort();
    names.dedup();
    let mut shards = Vec::with_capacity(names.len());
    for name in names {
        let path = folder.join(&name);
        let header = check(&path)?;
        for tensor in &header.tensors {
            if places.remove(&tensor.name).as_ref() != Some(&name) {
                return Err(bad(&path, Some(&tensor.name), format!("is not the one that {INDEX} names, or stands in two files")));
            }
        }
        shards.push(Shard { path, header });
    }
    match places.into_iter().next() {
        Some((tensor, file)) => Err(bad(&folder.join(&file), Some(&tensor), format!("is missing, though {INDEX} names it"))),
        None => Ok(Folder { shards }),
    }
}

/// The files that an index names, by name.
///
/// # Errors
/// As [`open_folder`], of the index alone.
pub fn shards_named(index: &Path) -> Result<Vec<String>, BadSafetensors> {
    let mut names: Vec<String> = read_index(index)?.into_values().collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// File of each tensor.
fn read_index(path: &Path) -> Result<BTreeMap<String, String>, BadSafetensors> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let bytes = fs_err::metadata(path).map_err(|error| bad(path, None, error.to_string()))?.len();
    if bytes > limits::SIDE_FILE_BYTES_MAX {
        return Err(bad(path, None, format!("is {bytes} bytes long; at most {} are read", limits::SIDE_FILE_BYTES_MAX)));
    }
    let text = fs_err::read(path).map_err(|error| bad(path, None, error.to_string()))?;
    let index: Index = serde_json::from_slice(&text).map_err(|error| bad(path, None, error.to_string()))?;
    if index.weight_map.is_empty() || index.weight_map.len() > limits::TENSORS_MAX {
        return Err(bad(path, None, format!("names {} tensors; one to {} are read", index.weight_map.len(), limits::TENSORS_MAX)));
    }
    for file in index.weight_map.values() {
        if !is_plain_file(file) || !file.ends_with(".safetensors") {
            return Err(bad(path, None, format!("names {file:?}, which is no plain name of a safetensors file")));
        }
    }
    let files: std::collections::BTreeSet<&String> = index.weight_map.values().collect();
    if files.len() > limits::SHARDS_MAX {
        return Err(bad(path, None, format!("names {} files; at most {} are read", files.len(), limits::SHARDS_MAX)));
    }
    Ok(index.weight_map)
}

fn bad(path: &Path, tensor: Option<&str>, problem: String) -> BadSafetensors {
    BadSafetensors { path: path.into(), tensor: tensor.map(str::to_owned), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these tensors, one f32 each.
    fn shard(path: &Path, tensors: &[&str]) {
        let entries: Vec<String> = tensors
            .iter()
            .enumerate()
            .map(|(at, name)| format!(r#""{name}":{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}}"#, 4 * at, 4 * at + 4))
            .collect();
        let header = format!("{{{}}}", entries.join(","));
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; 4 * tensors.len()]].concat();
        fs_err::write(path, bytes).unwrap();
    }

    fn folder(index: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join(INDEX), index).unwrap();
        shard(&folder.path().join("m-1.safetensors"), &["a", "b"]);
        shard(&folder.path().join("m-2.safetensors"), &["c"]);
        folder
    }

    const SOUND: &str =
        r#"{"metadata":{"total_size":12},"weight_map":{"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"}}"#;

    #[test]
    fn a_folder_of_shards_is_read_as_one() {
        let folder = folder(SOUND);
        let found = open_folder(folder.path()).unwrap();
        let names: Vec<_> =
            found.tensors().map(|(shard, tensor)| (shard.path.file_name().unwrap().to_str().unwrap(), &*tensor.name)).collect();
        assert_eq!(names, [("m-1.safetensors", "a"), ("m-1.safetensors", "b"), ("m-2.safetensors", "c")]);
        assert_eq!(shards_named(&folder.path().join(INDEX)).unwrap(), ["m-1.safetensors", "m-2.safetensors"]);
        // One whole file is taken before an index.
        shard(&folder.path().join(WEIGHTS), &["x"]);
        assert_eq!(open_folder(folder.path()).unwrap().tensors().count(), 1);
    }

    #[test]
    fn an_index_that_disagrees_with_its_files_is_refused() {
        let cases = [
            (SOUND.replace(r#""b":"m-1"#, r#""b":"m-2"#), "tensor \"b\" is not the one"),
            (SOUND.replace(r#""b":"m-1.safetensors","#, ""), "tensor \"b\" is not the one"),
            (SOUND.replace(r#""c":"#, r#""d":"m-1.safetensors","c":"#), "tensor \"d\" is missing"),
            (SOUND.replace("m-2", "m-3"), "m-3.safetensors"),
            (SOUND.replace("m-2", "../m-2"), "no plain name"),
            (SOUND.replace("m-2.safetensors", "m-2.bin"), "no plain name"),
            (SOUND.replace("m-2.safetensors", "/etc/x.safetensors"), "no plain name"),
            (r#"{"weight_map":{}}"#.into(), "names 0 tensors"),
            ("[]".into(), INDEX),
            ("{".repeat(100_000), INDEX),
        ];
        for (index, expected) in cases {
            let error = open_folder(folder(&index).path()).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
        let empty = tempfile::tempdir().unwrap();
        assert!(open_folder(empty.path()).unwrap_err().problem.contains("neither"));
    }

    #[test]
    fn a_tensor_in_two_files_is_refused() {
        let folder = folder(SOUND);
        shard(&folder.path().join("m-2.safetensors"), &["c", "a"]);
        let error = open_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("m-2.safetensors: tensor \"a\""), "{error}");
    }
}
