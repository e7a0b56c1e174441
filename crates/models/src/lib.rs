//! Placeholder while the dependency tree is first built.
