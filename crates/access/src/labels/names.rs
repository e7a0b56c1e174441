//! Names of the system's users and groups, from `/etc/passwd` and `/etc/group`. A number without a name there stays a number.

use std::collections::HashMap;

/// Read when first asked for.
#[derive(Default)]
pub(crate) struct SystemNames(Option<(HashMap<u32, String>, HashMap<u32, String>)>);

impl SystemNames {
    pub(crate) fn user(&mut self, id: u32) -> String {
        let (users, _) = self.tables();
        users.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    pub(crate) fn group(&mut self, id: u32) -> String {
        let (_, groups) = self.tables();
        groups.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    fn tables(&mut self) -> &(HashMap<u32, String>, HashMap<u32, String>) {
        self.0.get_or_insert_with(|| (table("/etc/passwd"), table("/etc/group")))
    }
}

/// Lines of `name:password:id:…`.
fn table(file: &str) -> HashMap<u32, String> {
    let text = fs_err::read_to_string(file).unwrap_or_default();
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?.parse().ok()?);
        (!name.is_empty()).then(|| (id, name.to_ascii_lowercase()))
    };
    text.lines().filter_map(entry).collect()
}
