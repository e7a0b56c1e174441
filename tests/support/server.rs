//! The real server over a real socket.
#![allow(dead_code, reason = "shared by tests that use different parts")]

use std::io::{BufRead, BufReader};
use std::ops::{Deref, DerefMut};
use std::process::{Child, Stdio};

use crate::support::Store;

/// A server over somebody's store, which runs until it is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn over(store: &Store) -> Self {
        let mut child = store.command(&["serve", "--address", "127.0.0.1:0", "--quiet"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        Self { child, address }
    }
}

/// The same with a store of its own.
pub(crate) struct Server {
    running: Running,
    pub(crate) store: Store,
}

impl Server {
    pub(crate) fn over(store: Store) -> Self {
        Self { running: Running::over(&store), store }
    }
}

impl Deref for Server {
    type Target = Running;
    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}
