//! Operations of the program, one file each: what a dispatch is given and which kernel does it.

pub mod linear;
