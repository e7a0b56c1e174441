//! The real server over a real socket.
#![allow(dead_code, reason = "shared by tests that use different parts")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::Store;

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) store: Store,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(crate) fn over(store: Store) -> Self {
        let mut child = store.command(&["serve", "--address", "127.0.0.1:0", "--quiet"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
        Self { child, address, store }
    }
}
