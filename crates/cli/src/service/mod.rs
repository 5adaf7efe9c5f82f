//! What `serve` and `worker` are made of.

mod data_dir;
mod files;
mod grader;
mod identity;
mod kept;
mod lock;
mod scratch;
mod signals;

pub(crate) use self::{
    data_dir::DataDir,
    files::allow_many as allow_many_files,
    grader::{Grader, drain, heart},
    identity::Identity,
    kept::Kept,
    scratch::Scratch,
    signals::Signals,
};
