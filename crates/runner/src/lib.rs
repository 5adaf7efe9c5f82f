//! The native half of the runner: the Python package `otter_runner` imports it as `_native`.
//!
//! In the zygote it forks jobs ([`zygote`]); in a job's notebook process it talks to the judge ([`conversation`]) and
//! forks snapshots; in a snapshot it evaluates tests past anything that the student's code may have patched
//! ([`snapshot`]), and never goes back to Python.
//!
//! It is built against Python's stable interface and links to no libpython, so one file serves every `CPython` from 3.9 on.

mod audit;
mod conversation;
mod genuine;
mod huge;
mod process;
mod snapshot;
mod threads;
mod zygote;

/// What the Python package calls.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::{
        conversation::{cell, done, failed, receive},
        snapshot::snapshot,
        zygote::{adopt, prepare, scratch_folder, serve},
    };
}
