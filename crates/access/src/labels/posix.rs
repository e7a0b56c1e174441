//! Who may read a file by the system's own rules: its access control list (POSIX.1e), or its owner, group and mode; and who may pass the
//! folders above it, from the source's root on.
//!
//! Labels can say "any of these", not "all of these" and not "everyone but these". Where the system's rules need that, fewer people get
//! in than could open the file: never more.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use pinakes_catalog::Decided;
use pinakes_types::Label;

use super::names::SystemNames;

const READ: u16 = 4;
const PASS: u16 = 1;

/// Who is let through: everyone, or who holds one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Through {
    Everyone,
    Only(BTreeSet<Label>),
}

impl Through {
    /// Who is let through both. Two groups that would have to be held together let nobody through.
    pub(crate) fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Everyone, other) => other.clone(),
            (one, Self::Everyone) => one,
            (Self::Only(one), Self::Only(other)) => Self::Only(one.intersection(other).cloned().collect()),
        }
    }
}

/// One line of an access control list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Owner,
    User(u32),
    OwningGroup,
    Group(u32),
    Mask,
    Others,
}

/// A file's or folder's list, as [`Who`] and the bits they have.
pub(crate) struct List {
    pub(crate) owner: u32,
    pub(crate) group: u32,
    pub(crate) entries: Vec<(Who, u16)>,
}

impl List {
    /// Who has this bit.
    pub(crate) fn through(&self, bit: u16, names: &mut SystemNames) -> Through {
        let mask = self.entries.iter().find(|(who, _)| *who == Who::Mask).map_or(7, |(_, bits)| *bits);
        let has = |&(who, bits): &(Who, u16)| match who {
            Who::Owner | Who::Others | Who::Mask => bits & bit != 0,
            Who::User(_) | Who::OwningGroup | Who::Group(_) => bits & mask & bit != 0,
        };
        let is_group = |who: Who| matches!(who, Who::OwningGroup | Who::Group(_));
        let users = self.entries.iter().filter(|(who, _)| matches!(who, Who::Owner | Who::User(_)));
        // A user who is named is let through by that name or not at all: one who is kept out might be in a group that is let in.
        let no_user_kept_out = users.clone().all(has);
        let no_group_kept_out = self.entries.iter().filter(|(who, _)| is_group(*who)).all(has);
        let others = self.entries.iter().any(|entry| entry.0 == Who::Others && has(entry));
        if others && no_user_kept_out && no_group_kept_out {
            return Through::Everyone;
        }
        let owner_has = users.clone().any(|entry| entry.0 == Who::Owner && has(entry));
        let mut labels = BTreeSet::new();
        for entry in self.entries.iter().filter(|entry| has(entry)) {
            match entry.0 {
                Who::Owner => drop(labels.insert(Label(format!("user:{}", names.user(self.owner))))),
                Who::User(id) if id != self.owner || owner_has => drop(labels.insert(Label(format!("user:{}", names.user(id))))),
                Who::OwningGroup if no_user_kept_out => drop(labels.insert(Label(format!("group:{}", names.group(self.group))))),
                Who::Group(id) if no_user_kept_out => drop(labels.insert(Label(format!("group:{}", names.group(id))))),
                _ => {}
            }
        }
        Through::Only(labels)
    }
}

/// What folders let through, remembered.
#[derive(Default)]
pub(crate) struct Folders(HashMap<PathBuf, Through>);

impl Folders {
    /// Who may read a file; `None` where the system has no such rules.
    #[cfg(unix)]
    pub(crate) fn decide(&mut self, root: &Path, path: &Path, names: &mut SystemNames) -> Option<Decided> {
        let origin = |words: String| format!("file system: {words}");
        let (list, words) = match system::list_of(path) {
            Ok(found) => found,
            Err(error) => return Some(Decided { labels: BTreeSet::new(), origin: origin(format!("cannot be looked at ({error})")) }),
        };
        let folders = match path.parent().filter(|folder| folder.starts_with(root)) {
            Some(folder) => self.passing(root, folder, names),
            None => Through::Everyone,
        };
        let words = match &folders {
            Through::Everyone => words,
            Through::Only(_) => format!("{words}, and the folders above it"),
        };
        let labels = match list.through(READ, names).and(&folders) {
            Through::Everyone => BTreeSet::from([Label::public()]),
            Through::Only(labels) => labels,
        };
        Some(Decided { labels, origin: origin(words) })
    }

    #[cfg(not(unix))]
    pub(crate) fn decide(&mut self, _: &Path, _: &Path, _: &mut SystemNames) -> Option<Decided> {
        None
    }

    #[cfg(unix)]
    fn passing(&mut self, root: &Path, folder: &Path, names: &mut SystemNames) -> Through {
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let here = system::list_of(folder).map_or_else(|_| Through::Only(BTreeSet::new()), |(list, _)| list.through(PASS, names));
        let through = match folder.parent().filter(|above| folder != root && above.starts_with(root)) {
            Some(above) => here.and(&self.passing(root, above, names)),
            None => here,
        };
        self.0.insert(folder.to_owned(), through.clone());
        through
    }
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use pinakes_config::limits::access::ACL_BYTES_MAX;

    use super::{List, Who};

    /// The list of a file or folder, and what it says in words.
    pub(super) fn list_of(path: &Path) -> std::io::Result<(List, String)> {
        let metadata = fs_err::metadata(path)?;
        let (owner, group, mode) = (metadata.uid(), metadata.gid(), metadata.mode());
        let bits = |shift: u32| u16::try_from(mode >> shift & 7).unwrap_or(0);
        let words = format!("owner {owner}, group {group}, mode {:04o}", mode & 0o7777);
        if let Some(entries) = acl(path)? {
            return Ok((List { owner, group, entries }, format!("{words}, access control list")));
        }
        let entries = vec![(Who::Owner, bits(6)), (Who::OwningGroup, bits(3)), (Who::Others, bits(0))];
        Ok((List { owner, group, entries }, words))
    }

    #[cfg(target_os = "linux")]
    fn acl(path: &Path) -> std::io::Result<Option<Vec<(Who, u16)>>> {
        use rustix::io::Errno;
        let mut buffer = vec![0_u8; ACL_BYTES_MAX];
        match rustix::fs::getxattr(path, "system.posix_acl_access", buffer.as_mut_slice()) {
            Ok(length) => super::parse_acl(&buffer[..length])
                .map(Some)
                .ok_or_else(|| std::io::Error::other("its access control list cannot be understood")),
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn acl(_: &Path) -> std::io::Result<Option<Vec<(Who, u16)>>> {
        let _ = ACL_BYTES_MAX;
        Ok(None)
    }
}

/// The kernel's form of a list: a version, then tag, bits and id of each entry, little endian (linux/posix_acl_xattr.h).
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux hands it out so"))]
pub(crate) fn parse_acl(bytes: &[u8]) -> Option<Vec<(Who, u16)>> {
    let (version, entries) = bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*version) != 2 || entries.len() % 8 != 0 {
        return None;
    }
    let entry = |bytes: &[u8]| {
        let number = |at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        let id = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
        let who = match number(0)? {
            0x01 => Who::Owner,
            0x02 => Who::User(id),
            0x04 => Who::OwningGroup,
            0x08 => Who::Group(id),
            0x10 => Who::Mask,
            0x20 => Who::Others,
            _ => return None,
        };
        Some((who, number(2)? & 7))
    };
    entries.chunks(8).map(entry).collect()
}
