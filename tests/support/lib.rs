//! Shared by the whole-protocol tests.
