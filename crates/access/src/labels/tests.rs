//! Who may read a file, in words and by example.

use std::path::PathBuf;

use pinakes_config::Config;
use proptest::prelude::*;

use super::posix::{List, Through, Who, parse_acl};
use super::*;

fn config(rules: &[&str], posix: bool) -> AccessConfig {
    AccessConfig { rules: rules.iter().map(|rule| (*rule).to_owned()).collect(), posix, ..Config::defaults().access }
}

fn words(decided: &Decided) -> String {
    decided.labels.iter().map(|label| label.0.as_str()).collect::<Vec<_>>().join(" ")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }

    fn decide(&self, config: &AccessConfig, name: &str) -> Decided {
        Deciding::new(config).unwrap().decide(SourceKind::Folder, self.0.path(), name, &self.0.path().join(name))
    }
}

#[test]
fn labels_are_written_in_three_ways_and_no_other() {
    assert_eq!(label_set(["public", " group:HR ", "user:Ada"]).unwrap().len(), 3);
    assert!(label_set(["nobody"]).unwrap().is_empty());
    for wrong in [vec![], vec!["nobody", "public"], vec!["hr"], vec!["group:"], vec!["group:a=b"], vec!["role:x"], vec!["user:a\nb"]] {
        assert!(label_set(wrong.clone()).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_last_rule_that_matches_decides_and_wrong_ones_are_named() {
    let folder = Folder::new();
    let config = config(&["** = public", "hr/ = group:hr, user:ada", "hr/menu.md = public", "*.key = nobody"], false);
    for (name, labels) in
        [("a.md", "public"), ("hr/x/plan.md", "group:hr user:ada"), ("hr/menu.md", "public"), ("hr/server.key", ""), ("x.key", "")]
    {
        let decided = folder.decide(&config, name);
        assert_eq!(words(&decided), labels, "{name}: {}", decided.origin);
    }
    for wrong in ["no labels", "= public", "a = everyone", "a = nobody, public", "a ="] {
        let error = Deciding::new(&self::config(&[wrong], false)).err().unwrap();
        assert_eq!(error.rule, wrong);
    }
}

#[test]
fn a_sidecar_says_more_than_a_rule_and_the_nearest_says_most() {
    let folder = Folder::new();
    folder.write(&format!("hr/{SIDECAR}"), "readers = [\"group:hr\"]\n[files]\n\"pay-*.md\" = [\"user:cfo\"]\n");
    folder.write(&format!("hr/board/{SIDECAR}"), "readers = [\"nobody\"]\n");
    folder.write(&format!("hr/open/{SIDECAR}"), "[files]\n\"menu.md\" = [\"public\"]\n");
    let config = config(&["** = group:all"], false);
    for (name, labels) in [
        ("a.md", "group:all"),
        ("hr/a.md", "group:hr"),
        ("hr/x/a.md", "group:hr"),
        ("hr/pay-may.md", "user:cfo"),
        ("hr/deep/pay-may.md", "user:cfo"),
        ("hr/board/a.md", ""),
        ("hr/open/menu.md", "public"),
        ("hr/open/other.md", "group:hr"),
    ] {
        let decided = folder.decide(&config, name);
        assert_eq!(words(&decided), labels, "{name}: {}", decided.origin);
    }
}

#[test]
fn a_sidecar_that_cannot_be_understood_closes_its_folder() {
    let config = config(&["** = public"], false);
    let huge = format!("readers = [\"public\"] # {}", "x".repeat(100_000));
    for text in [
        "readers = \"public\"",
        "reader = [\"public\"]",
        "readers = [\"everyone\"]",
        "readers = [",
        "[files]\n\"/etc\" = [\"public\"]",
        &huge,
    ] {
        let folder = Folder::new();
        folder.write(SIDECAR, text);
        let decided = folder.decide(&config, "a.md");
        assert_eq!(words(&decided), "", "{text:.40}");
        assert!(decided.origin.contains("cannot be understood"), "{}", decided.origin);
    }
}

#[test]
fn uploads_have_no_folder_to_speak_for_them() {
    let folder = Folder::new();
    folder.write(SIDECAR, "readers = [\"nobody\"]");
    let config = config(&[], true);
    let decided = Deciding::new(&config).unwrap().decide(SourceKind::Uploads, folder.0.path(), "a.md", &folder.0.path().join("a.md"));
    assert_eq!((words(&decided).as_str(), decided.origin.as_str()), ("public", "access.default"));
}

#[cfg(unix)]
#[test]
fn mode_and_folders_decide_where_nothing_else_does() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = Folder::new();
    let path = folder.write("x/a.md", "a");
    let mode = |path: &Path, mode: u32| fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let (uid, gid) = (fs_err::metadata(&path).unwrap().uid(), fs_err::metadata(&path).unwrap().gid());
    let mut names = names::SystemNames::default();
    let (owner, group) = (format!("user:{}", names.user(uid)), format!("group:{}", names.group(gid)));
    let both = format!("{group} {owner}");
    let config = config(&[], true);
    for (file, folder_mode, labels) in [
        (0o644, 0o755, "public"),
        (0o640, 0o755, both.as_str()),
        (0o600, 0o755, owner.as_str()),
        (0o644, 0o750, both.as_str()),
        (0o640, 0o700, owner.as_str()),
        (0o604, 0o755, owner.as_str()),
        (0o444, 0o711, "public"),
    ] {
        mode(&path, file);
        mode(path.parent().unwrap(), folder_mode);
        mode(folder.0.path(), 0o755);
        let decided = folder.decide(&config, "x/a.md");
        assert_eq!(words(&decided), labels, "{file:o} in {folder_mode:o}: {}", decided.origin);
    }
    mode(path.parent().unwrap(), 0o755);
    mode(&path, 0o644);
    mode(folder.0.path(), 0o700);
    assert_eq!(words(&folder.decide(&config, "x/a.md")), owner, "the root counts too");
    assert_eq!(words(&folder.decide(&config, "x/gone.md")), "", "what cannot be looked at is closed");
}

#[test]
fn an_access_control_list_is_read_as_the_kernel_writes_it() {
    let entry = |tag: u16, bits: u16, id: u32| [&tag.to_le_bytes()[..], &bits.to_le_bytes(), &id.to_le_bytes()].concat();
    let none = u32::MAX;
    let list = [
        2_u32.to_le_bytes().to_vec(),
        entry(1, 6, none),
        entry(2, 4, 4_000_000_001),
        entry(4, 4, none),
        entry(8, 6, 4_000_000_002),
        entry(0x10, 4, none),
        entry(0x20, 0, none),
    ]
    .concat();
    let entries = parse_acl(&list).unwrap();
    let list_of = |entries: Vec<(Who, u16)>| List { owner: 4_000_000_003, group: 4_000_000_004, entries };
    let mut names = names::SystemNames::default();
    let Through::Only(labels) = list_of(entries.clone()).through(4, &mut names) else { panic!("not everyone") };
    let found: Vec<&str> = labels.iter().map(|label| label.0.as_str()).collect();
    assert_eq!(found, ["group:4000000002", "group:4000000004", "user:4000000001", "user:4000000003"]);
    let masked: Vec<_> = entries.into_iter().map(|(who, bits)| (who, if who == Who::Mask { 0 } else { bits })).collect();
    let Through::Only(labels) = list_of(masked).through(4, &mut names) else { panic!("not everyone") };
    assert_eq!(labels.iter().map(|label| label.0.as_str()).collect::<Vec<_>>(), ["user:4000000003"]);
    for wrong in [&list[..3], &list[..9], &[1, 0, 0, 0][..], &[2, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0][..]] {
        assert!(parse_acl(wrong).is_none());
    }
}

/// Whether the system itself would let somebody through (POSIX.1e, 23.1.5).
fn system_allows(list: &List, bit: u16, user: u32, groups: &[u32]) -> bool {
    let mask = list.entries.iter().find(|(who, _)| *who == Who::Mask).map_or(7, |(_, bits)| *bits);
    let bits_of = |wanted: Who| list.entries.iter().find(|(who, _)| *who == wanted).map(|(_, bits)| *bits);
    if user == list.owner {
        return bits_of(Who::Owner).unwrap_or(0) & bit != 0;
    }
    if let Some(bits) = bits_of(Who::User(user)) {
        return bits & mask & bit != 0;
    }
    let matching: Vec<u16> = list
        .entries
        .iter()
        .filter(|(who, _)| match who {
            Who::OwningGroup => groups.contains(&list.group),
            Who::Group(id) => groups.contains(id),
            _ => false,
        })
        .map(|(_, bits)| *bits)
        .collect();
    if matching.is_empty() { bits_of(Who::Others).unwrap_or(0) & bit != 0 } else { matching.iter().any(|bits| bits & mask & bit != 0) }
}

proptest! {
    /// Labels never let in whom the system keeps out.
    #[test]
    fn never_more_than_the_system(
        bits in proptest::collection::vec(0_u16..8, 6),
        folder_bits in proptest::collection::vec(0_u16..8, 3),
        user in 4_000_000_000_u32..4_000_000_003,
        groups in proptest::collection::vec(4_100_000_000_u32..4_100_000_003, 0..3),
    ) {
        let entries = vec![
            (Who::Owner, bits[0]), (Who::User(4_000_000_001), bits[1]), (Who::OwningGroup, bits[2]),
            (Who::Group(4_100_000_001), bits[3]), (Who::Mask, bits[4]), (Who::Others, bits[5]),
        ];
        let file = List { owner: 4_000_000_000, group: 4_100_000_000, entries };
        let entries = vec![(Who::Owner, folder_bits[0]), (Who::OwningGroup, folder_bits[1]), (Who::Others, folder_bits[2])];
        let folder = List { owner: 4_000_000_001, group: 4_100_000_001, entries };
        let mut names = names::SystemNames::default();
        let through = file.through(4, &mut names).and(&folder.through(1, &mut names));
        let held: BTreeSet<Label> = groups.iter().map(|id| Label(format!("group:{id}"))).chain([Label(format!("user:{user}"))]).collect();
        let let_in = match through {
            Through::Everyone => true,
            Through::Only(labels) => !labels.is_disjoint(&held),
        };
        let system = system_allows(&file, 4, user, &groups) && system_allows(&folder, 1, user, &groups);
        prop_assert!(!let_in || system);
    }
}
