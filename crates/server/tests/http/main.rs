//! The server over real sockets, with a library that can be slow, stuck or failing. The same routes over a real store are tested where
//! the whole product is.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bot;
mod conversations;
mod faults;
mod guards;
mod limits;
mod mcp;
mod openai;
mod page;
mod pages;
mod refusals;
mod rights;
mod routes;
mod sign_in;
mod streams;
mod support;
mod tasks;
mod uploads;
