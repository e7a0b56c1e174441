use super::*;
use crate::mutations;

fn file(header: &str, data_bytes: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![7; data_bytes]);
    bytes
}

fn check_bytes(bytes: &[u8]) -> Result<Header, BadSafetensors> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    fs_err::write(&path, bytes).unwrap();
    check(&path)
}

const SOUND: &str = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"none":{"dtype":"F32","shape":[0,9],"data_offsets":[24,24]}}"#;

#[test]
fn a_sound_file_is_listed_in_order() {
    let header = check_bytes(&file(SOUND, 28)).unwrap();
    let names: Vec<&str> = header.tensors.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["a", "none", "b"]);
    assert_eq!(header.data_start, 8 + SOUND.len() as u64);
}

#[test]
fn each_lie_is_refused_and_named() {
    let tensor = |body: &str| format!(r#"{{"w":{{{body}}}}}"#);
    let cases = [
        (tensor(r#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#), 4, "tensor \"w\" has shape"),
        (tensor(r#""dtype":"F99","shape":[1],"data_offsets":[0,4]"#), 4, "unknown type"),
        (tensor(r#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#), 4, "claims bytes 4 to 0"),
        (tensor(r#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#), 3, "claims bytes 0 to 4 of 3"),
        (tensor(r#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#), 5, "has 5 bytes of data"),
        (tensor(r#""dtype":"F32","shape":[1],"data_offsets":[1,5]"#), 5, "leaves a hole"),
        (tensor(r#""dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]"#), 0, "beyond counting"),
        (tensor(r#""dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]"#), 1, "9 dimensions"),
        (tensor(r#""dtype":"F4","shape":[3],"data_offsets":[0,1]"#), 1, "has shape"),
        (tensor(r#""dtype":"U8","shape":[-1],"data_offsets":[0,1]"#), 1, "tensor \\\"w\\\""),
        (tensor(r#""dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1"#), 1, "more"),
        (
            r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#.into(),
            3,
            "overlaps",
        ),
        (r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.into(), 1, "twice"),
        ("[".repeat(100_000), 0, "header"),
        (format!(r#"{{"w":{}"#, r#"{"a":"#.repeat(50_000)), 0, "header"),
    ];
    for (header, data_bytes, expected) in cases {
        let error = check_bytes(&file(&header, data_bytes)).unwrap_err().to_string();
        assert!(
            error.contains("m.safetensors") && error.replace("\\\"", "\"").contains(&expected.replace("\\\"", "\"")),
            "{header:.200}: {error}"
        );
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    assert!(check_bytes(b"").unwrap_err().problem.contains("too short"));
    assert!(check_bytes(&[1, 0, 0]).unwrap_err().problem.contains("too short"));
    assert!(check_bytes(&u64::MAX.to_le_bytes()).unwrap_err().problem.contains("claims a header"));
    assert!(check_bytes(&1000u64.to_le_bytes()).unwrap_err().problem.contains("in a file of 8"));
}

/// Checks the damaged forms of a header that has `data_bytes` of data; how many were refused. The data is all one to the checker: only
/// its length counts.
fn refused(header: &[u8], data_bytes: u64, layout: &[(u64, u64)]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let is_refused = |(bytes, is_cut): (Vec<u8>, bool)| {
        fs_err::write(&path, &bytes).unwrap();
        let length = bytes.len() as u64 + if is_cut { 0 } else { data_bytes };
        fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        match check(&path) {
            Err(_) => true,
            // A letter of a name or of the metadata changed; no tensor may have moved.
            Ok(header) => {
                assert_eq!(ranges(&header), layout);
                false
            }
        }
    };
    mutations::of(header).map(is_refused).filter(|refused| *refused).count()
}

fn ranges(header: &Header) -> Vec<(u64, u64)> {
    header.tensors.iter().map(|tensor| (tensor.start, tensor.end)).collect()
}

#[test]
fn two_hundred_mutations_are_refused_or_harmless() {
    let sound = file(SOUND, 28);
    let layout = ranges(&check_bytes(&sound).unwrap());
    let refused = refused(&sound[..8 + SOUND.len()], 28, &layout);
    assert!(refused > 150, "only {refused} of 200 were refused");
}

#[test]
fn two_hundred_mutations_of_each_real_header_are_refused_or_harmless() {
    let Some(folder) = mutations::fixtures() else { return };
    for model in ["dense-tied", "dense-untied", "moe", "vl"] {
        let path = folder.join(model).join("model.safetensors");
        let (bytes, header) = (fs_err::read(&path).unwrap(), check(&path).unwrap());
        let (head, data) = bytes.split_at(usize::try_from(header.data_start).unwrap());
        let refused = refused(head, data.len() as u64, &ranges(&header));
        assert!(refused > 150, "{model}: only {refused} of 200 were refused");
    }
}
