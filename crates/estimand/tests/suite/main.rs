//! The library through its front door. One binary: what several tests fit is compiled once.

#![allow(clippy::unwrap_used, reason = "a test fails by unwrapping")]

mod composed;
mod golden;
mod hostile;
mod path;
mod published;
