//! Which request goes where.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, trace::TraceLayer};

use crate::{
    api::{self, problem::ApiError},
    app::App,
    extract,
    identity::client,
    lti, pages,
};

/// Everything strict: no inline scripts or styles, nothing from elsewhere, and no framing but where that is configured.
fn content_security_policy(app: &App) -> HeaderValue {
    let ancestors = match &app.settings.frame_ancestors[..] {
        [] => "'none'".to_owned(),
        sites => sites.join(" "),
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    );
    HeaderValue::from_str(&policy).expect("sites are configured as plain text")
}

/// Answers every request.
///
/// The API is served below the prefix, where a hub's proxy reaches it, and at the root, where it is when the service
/// stands alone.
pub fn router(app: Arc<App>) -> Router {
    let below_prefix = Router::new()
        .route("/", get(pages::index::show).post(api::submit::submit))
        .route("/submissions/{id}", get(pages::submission::show))
        .route("/submissions/{id}/regrade", post(pages::failed::again))
        .route("/courses/{course}/failed", get(pages::failed::show).post(pages::failed::all_again))
        .route("/lti/jwks", get(api::jwks::show))
        .route("/login", get(pages::sign_in::begin::show))
        .route("/oauth_callback", get(pages::sign_in::callback::show))
        .route("/logout", get(pages::sign_in::out::ask).post(pages::sign_in::out::end))
        .route("/signed-out", get(pages::sign_in::out::done))
        .route("/static/{name}", get(pages::assets::serve))
        .merge(pages::lists::routes())
        .merge(api());
    let prefix = app.settings.prefix.clone();
    let router = if prefix == "/" {
        Router::new().merge(below_prefix)
    } else {
        let bare = prefix.trim_end_matches('/').to_owned();
        let (home, below) = (prefix.clone(), prefix.clone());
        api()
            .route("/", get(move || async move { Redirect::temporary(&home) }).post(api::submit::submit))
            // Clients may leave out the slash; a redirect would lose a POST's body in some.
            // The session's cookie is for what is below the prefix, so pages are there only.
            .route(&bare, post(api::submit::submit).get(move || async move { Redirect::temporary(&below) }))
            .nest(&prefix, below_prefix)
    };
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let policy = content_security_policy(&app);
    router
        .fallback(pages::error::not_found)
        .method_not_allowed_fallback(pages::error::method_not_allowed)
        .layer(middleware::from_fn(extract::same_site::require))
        // Pages of learning platforms post here, so it comes after what forbids that.
        .merge(lti::routes(&app.settings.prefix))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), client::note))
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(answer_to_panic))
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        // Failures are logged where they are met.
        .layer(TraceLayer::new_for_http().on_failure(()))
        .with_state(app)
}

fn api() -> Router<Arc<App>> {
    Router::new()
        .merge(api::lists::routes())
        .route("/api/v1/submissions", post(api::submit::submit).get(api::submissions::list))
        .route("/api/v1/submissions/{id}", get(api::submission::show))
        .route("/api/v1/submissions/{id}/events", get(api::events::stream))
        .route("/api/v1/submissions/{id}/notebook", get(api::notebook::show))
        .route("/api/v1/submissions/{id}/executed", get(api::executed::show))
        .route("/api/v1/submissions/{id}/regrade", post(api::regrade::one))
        .route("/api/v1/courses/{course}/failed", get(api::failed::list))
        .route("/api/v1/courses/{course}/submissions/{id}/events", get(api::history::show))
        .route(
            "/api/v1/courses/{course}/assignments/{section}/{assignment}/regrade",
            post(api::regrade::assignment),
        )
        .route("/webhooks/github", post(api::webhook::github))
        .route("/api/v1/me", get(api::me::show))
        .route("/api/v1/workers", get(api::workers::list))
        .route("/api/v1/receipt-key", get(api::receipt_key::show))
        .route("/healthz", get(api::health::alive))
        .route("/readyz", get(api::health::ready))
}

/// A panic is a defect of ours; the answer is the same whatever it was, and the log has the rest.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn answer_to_panic(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(what, "a request handler panicked");
    ApiError::Task.into_response()
}
