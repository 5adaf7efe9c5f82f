//! `GET api/v1/me`: who the service takes the caller for.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use model::{Name, UserName};
use serde::Serialize;

use crate::{
    app::App,
    identity::{Caller, Way},
};

#[derive(Serialize)]
pub(crate) struct Me {
    user: UserName,
    /// Whether they may do everything here.
    administrator: bool,
    /// The courses that they look after.
    staff_of: BTreeSet<Name>,
    /// How they came in.
    way: Way,
}

pub(crate) async fn show(State(app): State<Arc<App>>, caller: Caller) -> Json<Me> {
    Json(Me {
        administrator: caller.is_administrator(&app),
        staff_of: caller.courses(&app),
        way: caller.way,
        user: caller.user,
    })
}
