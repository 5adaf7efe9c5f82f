//! As much of a browser as it takes to sign in and to keep cookies, where Chromium would hide what is looked at.

use reqwest::{Method, RequestBuilder, Url};

use crate::http::{self, Answer};

pub(crate) struct Browser {
    cookies: Vec<Cookie>,
    base: Url,
}

pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    path: String,
    /// All of `Set-Cookie`.
    pub(crate) whole: String,
}

impl Browser {
    /// At a site: `http://127.0.0.1:20000`.
    pub(crate) fn new(site: &str) -> Self {
        Self { cookies: Vec::new(), base: Url::parse(site).unwrap() }
    }

    /// A request for a page, as a person's browser makes it.
    pub(crate) fn page(&self, path: &str) -> RequestBuilder {
        let url = self.base.join(path).unwrap();
        http::request(Method::GET, url.as_str()).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// Sends a request with the cookies that belong to it, and keeps those that come back.
    pub(crate) fn send(&mut self, request: RequestBuilder) -> Answer {
        let path = request.try_clone().unwrap().build().unwrap().url().path().to_owned();
        let here = self.cookies.iter().filter(|cookie| path.starts_with(&cookie.path));
        let here: Vec<_> = here.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let request = if here.is_empty() { request } else { request.header("cookie", here.join("; ")) };
        let answer = http::send(request);
        for whole in answer.headers.get_all("set-cookie") {
            self.keep(whole.to_str().unwrap());
        }
        answer
    }

    fn keep(&mut self, whole: &str) {
        let mut parts = whole.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let path = parts.find_map(|part| part.to_lowercase().strip_prefix("path=").map(str::to_owned));
        let path = path.unwrap_or_else(|| "/".into());
        self.cookies.retain(|cookie| (cookie.name.as_str(), &cookie.path) != (name, &path));
        let is_over = whole.to_lowercase().contains("max-age=0") || value.trim_matches('"').is_empty();
        if !is_over {
            let (name, value) = (name.to_owned(), value.trim_matches('"').to_owned());
            self.cookies.push(Cookie { name, value, path, whole: whole.to_owned() });
        }
    }

    /// A cookie that it has now.
    pub(crate) fn cookie(&self, name: &str) -> Option<&Cookie> {
        self.cookies.iter().find(|cookie| cookie.name == name)
    }

    /// Gives it a cookie.
    pub(crate) fn with_cookie(mut self, whole: &str) -> Self {
        self.keep(whole);
        self
    }

    /// Opens a page and goes wherever that leads; signs in as that user where the hub asks. Before a URL that `stop`
    /// accepts it stands still: the answer is then the one that leads there.
    pub(crate) fn open_until(&mut self, path: &str, user: &str, stop: impl Fn(&Url) -> bool) -> Answer {
        let mut answer = self.send(self.page(path));
        for _ in 0..12 {
            match answer.leads_to() {
                Some(to) if stop(&to) => return answer,
                Some(to) => answer = self.send(self.page(to.as_str())),
                None if answer.url.path().ends_with("/hub/login") && answer.status == 200 => {
                    answer = self.fill_in(&answer, user);
                }
                None => return answer,
            }
        }
        panic!("it goes round in circles, now at {}", answer.url);
    }

    /// The same, to the end.
    pub(crate) fn open(&mut self, path: &str, user: &str) -> Answer {
        self.open_until(path, user, |_| false)
    }

    /// Fills in the form of the hub's page.
    fn fill_in(&mut self, page: &Answer, user: &str) -> Answer {
        let mut form = Url::parse("http://form.invalid").unwrap();
        form.query_pairs_mut()
            .append_pair("_xsrf", hidden(&page.text, "_xsrf"))
            .append_pair("username", user)
            .append_pair("password", "any");
        let request = http::request(Method::POST, page.url.as_str()).body(form.query().unwrap().to_owned());
        self.send(request.header("content-type", "application/x-www-form-urlencoded")).expect(302)
    }
}

/// The value of a form's hidden field.
pub(crate) fn hidden<'a>(page: &'a str, field: &str) -> &'a str {
    let (_, rest) =
        page.split_once(&format!("name=\"{field}\"")).unwrap_or_else(|| panic!("no {field} in {page}"));
    rest.split_once("value=\"").unwrap().1.split_once('"').unwrap().0
}
