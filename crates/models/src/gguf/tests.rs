use super::*;
use crate::mutations;

/// A value or tensor as it stands in a file.
fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat()
}

fn pair(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    [&text(key), kind.to_le_bytes().as_slice(), value].concat()
}

fn tensor(name: &str, dimensions: &[u64], kind: u32, start: u64) -> Vec<u8> {
    let mut bytes = [text(name), (dimensions.len() as u32).to_le_bytes().to_vec()].concat();
    dimensions.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
    [bytes, kind.to_le_bytes().to_vec(), start.to_le_bytes().to_vec()].concat()
}

/// A file with this content; `data_bytes` of data after the padding to 32.
fn file(pairs: &[Vec<u8>], tensors: &[Vec<u8>], data_bytes: usize) -> Vec<u8> {
    let mut bytes = [b"GGUF".to_vec(), 3_u32.to_le_bytes().to_vec()].concat();
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend((pairs.len() as u64).to_le_bytes());
    pairs.iter().chain(tensors).for_each(|part| bytes.extend(part));
    bytes.resize(bytes.len().next_multiple_of(32) + data_bytes, 0);
    bytes
}

fn check_bytes(bytes: &[u8]) -> Result<Gguf, String> {
    check_from(bytes, bytes.len() as u64).map_err(|(tensor, problem)| format!("{tensor:?} {problem}"))
}

fn sound() -> Vec<u8> {
    let names = [text("a"), text("b")].concat();
    let strings = [&8_u32.to_le_bytes(), 2_u64.to_le_bytes().as_slice(), &names].concat();
    let nested = [9_u32.to_le_bytes().as_slice(), &1_u64.to_le_bytes(), &0_u32.to_le_bytes(), &2_u64.to_le_bytes(), &[5, 6]].concat();
    let pairs = [
        pair("general.architecture", 8, &text("qwen35")),
        pair("u8", 0, &[7]),
        pair("i32", 5, &(-1_i32).to_le_bytes()),
        pair("f32", 6, &0.1_f32.to_le_bytes()),
        pair("f64", 12, &0.25_f64.to_le_bytes()),
        pair("yes", 7, &[1]),
        pair("names", 9, &strings),
        pair("nested", 9, &nested),
    ];
    file(&pairs, &[tensor("b", &[32, 2], 8, 32), tensor("a", &[3], 0, 0)], 32 + 68)
}

#[test]
fn a_sound_file_is_read_to_the_last_value() {
    let gguf = check_bytes(&sound()).unwrap();
    let names: Vec<_> = gguf.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.start, tensor.end)).collect();
    assert_eq!(names, [("a", 0, 12), ("b", 32, 100)]);
    assert_eq!(gguf.data_start + 100, gguf.file_bytes);
    assert_eq!((gguf.tensor("b").unwrap().elements(), gguf.tensor("c")), (64, None));
    let metadata = &gguf.metadata;
    assert_eq!((metadata.str("general.architecture"), metadata.u32("u8"), metadata.f32("f32")), (Ok("qwen35"), Ok(7), Ok(0.1)));
    assert_eq!((metadata.need::<i32>("i32"), metadata.need::<f64>("f64"), metadata.need("yes")), (Ok(-1), Ok(0.25), Ok(true)));
    assert_eq!(metadata.strings("names").unwrap(), ["a", "b"]);
    assert_eq!(metadata["nested"], Value::Array(Array::Arrays(vec![Array::Unsigned(vec![5, 6])])));
}

#[test]
fn version_2_is_read_as_version_3() {
    let mut older = sound();
    older[4] = 2;
    assert_eq!(check_bytes(&older), check_bytes(&sound()));
}

#[test]
fn a_value_of_another_type_is_refused_by_its_key() {
    let metadata = check_bytes(&sound()).unwrap().metadata;
    assert_eq!(metadata.u32("absent").unwrap_err().to_string(), "the metadata lacks absent");
    assert_eq!(metadata.find::<u32>("absent"), Ok(None));
    assert_eq!(metadata.u32("i32").unwrap_err().to_string(), "the metadata key i32 is not a whole number that fits u32");
    assert!(metadata.find::<&str>("u8").is_err() && metadata.f32("names").is_err());
    assert_eq!(metadata.per_layer("u8", 3), Ok(vec![7, 7, 7]));
    assert!(metadata.per_layer("names", 2).is_err());
}

#[test]
fn each_lie_is_refused_and_named() {
    let one = |tensor: Vec<u8>, data_bytes: usize| file(&[], &[tensor], data_bytes);
    let aligned = |alignment: u32| file(&[pair("general.alignment", 4, &alignment.to_le_bytes())], &[tensor("w", &[1], 0, 0)], 32);
    let counts =
        |tensors: u64, pairs: u64| [b"GGUF".as_slice(), &3_u32.to_le_bytes(), &tensors.to_le_bytes(), &pairs.to_le_bytes()].concat();
    let array = |kind: u32, count: u64| file(&[pair("k", 9, &[&kind.to_le_bytes(), count.to_le_bytes().as_slice()].concat())], &[], 0);
    let deep = [9_u32.to_le_bytes().as_slice(), &1_u64.to_le_bytes()].concat().repeat(1000);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        // What candle's reader trips over: it divides by zero, wraps, or believes the offset.
        (aligned(0), "general.alignment is 0"),
        (one(tensor("w", &[1 << 32, 1 << 32], 0, 0), 32), "beyond counting"),
        (one(tensor("w", &[8], 0, 1 << 40), 32), "claims 32 bytes from 1099511627776"),
        (aligned(24), "power of two"),
        (aligned(4), "power of two"),
        (aligned(1 << 31), "power of two"),
        (file(&[pair("general.alignment", 8, &text("32"))], &[], 0), "general.alignment"),
        (one(tensor("w", &[8], 0, u64::MAX - 31), 32), "claims 32 bytes"),
        (one(tensor("w", &[8], 0, 8), 64), "no multiple of 32"),
        (one(tensor("w", &[9], 0, 0), 32), "claims 36 bytes"),
        (one(tensor("w", &[31], 8, 0), 64), "no whole blocks of 32 as Q8_0"),
        (one(tensor("w", &[0, 4], 0, 0), 0), "empty dimension"),
        (one(tensor("w", &[], 0, 0), 32), "no dimensions"),
        (one(tensor("w", &[1; 5], 0, 0), 32), "5 dimensions"),
        (one(tensor("w", &[1], 4, 0), 32), "unknown type number 4"),
        (one(tensor(&"w".repeat(300), &[1], 0, 0), 32), "claims 300 bytes"),
        (one(tensor("w", &[8], 0, 32), 64), "leaves a hole"),
        (one(tensor("w", &[8], 0, 0), 64), "64 bytes of data where its tensors take 32"),
        (file(&[], &[tensor("a", &[16], 0, 0), tensor("b", &[8], 0, 32)], 64), "overlaps"),
        (file(&[], &[tensor("a", &[8], 0, 0), tensor("a", &[8], 0, 32)], 64), "stands twice"),
        (file(&[pair("k", 0, &[1]), pair("k", 0, &[2])], &[], 0), "k stands twice"),
        (file(&[pair("k", 7, &[2])], &[], 0), "no truth value"),
        (file(&[pair("k", 13, &[2])], &[], 0), "unknown value type 13"),
        (file(&[pair("k", 8, &[2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28])], &[], 0), "not UTF-8"),
        (file(&[pair("k", 8, &u64::MAX.to_le_bytes())], &[], 0), "claims 18446744073709551615 bytes"),
        (file(&[pair("k", 9, &deep)], &[], 0), "nested deeper"),
        (array(8, u64::MAX), "array items"),
        (array(4, 1 << 20), "bytes of header left"),
        (array(99, 1), "unknown element type"),
        (counts(u64::MAX, 0), "claims 18446744073709551615 tensors"),
        (counts(0, u64::MAX), "metadata pairs"),
        (counts(1000, 0), "1000 tensors with 0 bytes"),
        (b"GGUF".to_vec(), "ends after 4 bytes"),
        (b"PK\x03\x04".to_vec(), "does not begin with GGUF"),
        (Vec::new(), "ends after 0 bytes"),
        ([b"GGUF".as_slice(), &1_u32.to_le_bytes(), &[0; 16]].concat(), "version 1"),
        ([b"GGUF".as_slice(), &3_u32.to_be_bytes(), &[0; 16]].concat(), "big-endian"),
    ];
    for (bytes, expected) in cases {
        let error = check_bytes(&bytes).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let sound = sound();
    for length in 0..sound.len() {
        assert!(check_bytes(&sound[..length]).is_err(), "{length}");
    }
}

/// Checks the damaged forms of a file's header; how many were refused.
fn refused(sound: &[u8]) -> usize {
    let layout = |gguf: &Gguf| gguf.tensors.iter().map(|t| (t.kind, t.dimensions.clone(), t.start, t.end)).collect::<Vec<_>>();
    let expected = check_bytes(sound).unwrap();
    let (header, data) = sound.split_at(usize::try_from(expected.data_start).unwrap());
    let is_refused = |(mut bytes, is_cut): (Vec<u8>, bool)| {
        if !is_cut {
            bytes.extend(data);
        }
        match check_bytes(&bytes) {
            Err(_) => true,
            // A letter or a number among the metadata changed; no tensor may have moved, grown or changed its type.
            Ok(gguf) => {
                assert_eq!(layout(&gguf), layout(&expected));
                false
            }
        }
    };
    mutations::of(header).map(is_refused).filter(|refused| *refused).count()
}

#[test]
fn two_hundred_mutations_are_refused_or_harmless() {
    let refused = refused(&sound());
    assert!(refused > 150, "only {refused} of 200 were refused");
}

#[test]
fn two_hundred_mutations_of_each_real_header_are_refused_or_harmless() {
    let Some(folder) = mutations::fixtures() else { return };
    let paths = ["dense-tied", "dense-untied", "moe"]
        .iter()
        .flat_map(|model| ["bf16", "Q8_0", "Q4_K_M"].map(|kind| format!("{model}/model-{kind}.gguf")));
    let mut files = 0;
    for path in paths.map(|path| folder.join(path)).filter(|path| path.exists()) {
        files += 1;
        assert!(["qwen35", "qwen35moe"].contains(&check(&path).unwrap().metadata.str("general.architecture").unwrap()));
        let refused = refused(&fs_err::read(&path).unwrap());
        assert!(refused > 150, "{}: only {refused} of 200 were refused", path.display());
    }
    assert!(files >= 7, "only {files} fixtures");
}
