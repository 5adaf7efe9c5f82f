//! As much of a browser as it takes to sign in.

use std::collections::BTreeMap;

use reqwest::{Client, Response, StatusCode, Url, redirect::Policy};

pub(crate) struct Browser {
    http: Client,
    /// By path and name.
    cookies: BTreeMap<(String, String), String>,
    base: Url,
}

impl Browser {
    pub(crate) fn new(port: u16) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        let base = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
        Self { http, cookies: BTreeMap::new(), base }
    }

    /// Goes to a page, signs in as that user where the hub asks, and ends at the first page below `until` without
    /// opening it, or at one that leads no further.
    pub(crate) async fn go(&mut self, to: &str, user: &str, until: &str) -> Result<Url, StatusCode> {
        let mut url = self.base.join(to).unwrap();
        for _ in 0..10 {
            if url.path().starts_with(until) {
                return Ok(url);
            }
            let answer = self.send(self.http.get(url.clone())).await;
            url = match answer.headers().get("location") {
                Some(to) => url.join(to.to_str().unwrap()).unwrap(),
                None if url.path().ends_with("/hub/login") => self.sign_in(&url, answer, user).await,
                None => return Err(answer.status()),
            };
        }
        panic!("it goes round in circles, now at {url}");
    }

    /// Fills in the form of the hub's page.
    async fn sign_in(&mut self, url: &Url, page: Response, user: &str) -> Url {
        let page = page.text().await.unwrap();
        let mut form = Url::parse("http://form.invalid").unwrap();
        form.query_pairs_mut()
            .append_pair("_xsrf", &value_of(&page, "_xsrf"))
            .append_pair("username", user)
            .append_pair("password", "any");
        let request = self.http.post(url.clone()).body(form.query().unwrap().to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = self.send(request).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "signing in as {user}");
        url.join(answer.headers()["location"].to_str().unwrap()).unwrap()
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let request = request.build().unwrap();
        let path = request.url().path();
        let here = self.cookies.iter().filter(|((of, _), _)| path.starts_with(of.as_str()));
        let cookies: Vec<_> = here.map(|((_, name), value)| format!("{name}={value}")).collect();
        let (mut request, cookies) = (request, cookies.join("; "));
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
        let answer = self.http.execute(request).await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let mut parts = cookie.to_str().unwrap().split(';').map(str::trim);
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let path = parts.find_map(|part| part.to_lowercase().strip_prefix("path=").map(str::to_owned));
            let value = value.trim_matches('"').to_owned();
            self.cookies.insert((path.unwrap_or_else(|| "/".into()), name.to_owned()), value);
        }
        answer
    }
}

/// The value of a form's hidden field.
fn value_of(page: &str, field: &str) -> String {
    let rest = page.split_once(&format!("name=\"{field}\"")).unwrap().1;
    rest.split_once("value=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
}
