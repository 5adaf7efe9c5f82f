//! The style sheet and the script, named by their content so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// A file that is part of the program.
pub(crate) struct Asset {
    name: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = Sha256::digest(content);
        let hash = digest[..6].iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        Self { name: format!("{stem}-{hash}.{ending}"), kind, content }
    }

    /// Its name, with a part of its content's hash.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

pub(crate) static CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("otter", "css", "text/css; charset=utf-8", include_str!("../../static/otter.css"))
});
pub(crate) static JS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("live", "js", "text/javascript; charset=utf-8", include_str!("../../static/live.js"))
});

pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let assets: [&'static LazyLock<Asset>; 2] = [&CSS, &JS];
    let Some(asset) = assets.into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers =
        [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, asset.content).into_response()
}
