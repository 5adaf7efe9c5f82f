//! Answers that are said beforehand.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};

/// What one request is answered with, instead of what would be right.
#[derive(Debug, Clone)]
pub(crate) struct Canned {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    never: bool,
}

impl Canned {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: vec![], body: vec![], never: false }
    }

    /// No answer at all.
    pub(crate) fn never() -> Self {
        Self { never: true, ..Self::status(200) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With GitHub's way to say why.
    pub(crate) fn message(self, message: &str) -> Self {
        let body = serde_json::json!({ "message": message, "documentation_url": "https://docs.example" });
        self.body(body.to_string())
    }

    pub(super) async fn answer(self) -> Response {
        if self.never {
            std::future::pending::<()>().await;
        }
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap().into_response()
    }
}
