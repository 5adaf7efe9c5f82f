//! A browser, as far as signing in needs one.

use std::{cell::RefCell, collections::BTreeMap};

use axum::{
    body::Body,
    http::{Method, Request, header, request::Builder},
};
use server::testing::{Answer, PREFIX, TestApp};

/// Keeps cookies, and says what browsers say of themselves.
pub(crate) struct Browser<'a> {
    pub(crate) test: &'a TestApp,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(test: &'a TestApp) -> Self {
        Self { test, cookies: RefCell::default() }
    }

    /// Goes to a page of the service.
    pub(crate) async fn goes(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header(header::ACCEPT, "text/html");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Presses a button on one of its pages.
    pub(crate) async fn presses(&self, path: &str, form_token: &str) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(format!("token={form_token}"))).unwrap()).await
    }

    /// A request with the cookies that the browser has.
    pub(crate) fn request(&self, method: Method, path: &str) -> Builder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{PREFIX}{path}") };
        let pairs: Vec<_> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path);
        if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.test.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.into(), value.into());
            }
        }
        answer
    }

    /// Begins a sign-in; what the hub is told as `state`.
    pub(crate) async fn begins(&self, path: &str) -> String {
        let answer = self.goes(path).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        state_of(answer.header(header::LOCATION))
    }

    /// Comes back from the hub.
    pub(crate) async fn comes_back(&self, state: &str, code: &str) -> Answer {
        self.goes(&format!("oauth_callback?state={state}&code={code}")).await
    }

    /// Signs in as somebody.
    pub(crate) async fn signs_in(&self, name: &str) {
        let state = self.begins("login").await;
        let answer = self.comes_back(&state, &super::token(name)).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
}

/// The `state` in an address of the hub's.
pub(crate) fn state_of(location: &str) -> String {
    let query = location.split_once('?').unwrap().1;
    let state = query.split('&').find_map(|pair| pair.strip_prefix("state="));
    state.unwrap().to_owned()
}

/// What the forms on a page bring back.
pub(crate) fn form_token(page: &str) -> &str {
    let after = page.split_once("name=\"token\" value=\"").unwrap().1;
    after.split_once('"').unwrap().0
}
