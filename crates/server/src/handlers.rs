//! One file a resource. A handler reads a request, checks its bounds, asks the library and writes down what it said.

pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod bot;
pub(crate) mod bot_channels;
pub(crate) mod citations;
pub(crate) mod collections;
pub(crate) mod conversations;
pub(crate) mod documents;
pub(crate) mod feedback;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod page;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod rights;
pub(crate) mod search;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod stream;
pub(crate) mod tasks;
pub(crate) mod upload;
