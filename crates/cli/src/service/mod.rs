//! What `serve` and `worker` are made of.

mod data_dir;
mod door;
mod files;
mod grader;
mod identity;
mod kept;
mod listening;
mod lock;
mod materials;
mod passback;
mod rules;
mod scratch;
mod secrets;
mod session_secret;
mod signals;

pub(crate) use self::{
    data_dir::DataDir,
    door::door,
    files::allow_many as allow_many_files,
    grader::{Grader, drain, heart},
    identity::Identity,
    kept::Kept,
    listening::Listening,
    materials::{open_materials, watch_materials},
    passback::{start_courier, tool_keys},
    rules::rules,
    scratch::Scratch,
    secrets::warn_of_open_secrets,
    signals::Signals,
};
