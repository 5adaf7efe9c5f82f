//! As much of a browser as the provider's pages need: cookies, redirects, forms.

use std::collections::BTreeMap;

use outbound::{Outbound, Policy, Url};
use reqwest::{Client, Response, redirect};

/// Where the provider sends the browser back to. Nobody is there: the browser stops before it.
pub(crate) const BACK: &str = "https://grade.example.org/oauth_callback";

pub(crate) struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

/// Where a browser got to.
pub(crate) enum At {
    /// A page.
    Page { url: Url, html: String },
    /// Back at the service, with this query.
    Back(BTreeMap<String, String>),
}

impl Browser {
    pub(crate) fn new() -> Self {
        // Whoever makes a client first brings the cryptography for all of the process.
        Outbound::new(Policy::default()).unwrap();
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { http, cookies: BTreeMap::new() }
    }

    /// Goes somewhere, and on to where that leads.
    pub(crate) async fn go(&mut self, url: &str) -> At {
        let answer = self.send(url.parse().unwrap(), None).await;
        self.follow(answer).await
    }

    /// Sends the form of a page.
    pub(crate) async fn submit(&mut self, page: &At, fields: &[(&str, &str)]) -> At {
        let At::Page { url, html } = page else { panic!("there is no form at the service") };
        let action = between(html, "action=\"", "\"").expect("the page has a form");
        let mut form = Url::parse("http://form.invalid").unwrap();
        form.query_pairs_mut().extend_pairs(fields);
        let answer = self.send(url.join(action).unwrap(), form.query()).await;
        self.follow(answer).await
    }

    /// Signs in as somebody, from the first page to the code.
    pub(crate) async fn sign_in(&mut self, url: &str, user: &str) -> BTreeMap<String, String> {
        let login = self.go(url).await;
        assert!(login.shows("name=\"password\""), "{}", login.html());
        let consent = self.submit(&login, &[("prompt", "login"), ("login", user), ("password", "x")]).await;
        let At::Back(query) = self.submit(&consent, &[("prompt", "consent")]).await else {
            panic!("still at the provider")
        };
        query
    }

    async fn follow(&mut self, mut answer: Response) -> At {
        for _ in 0..10 {
            let url = answer.url().clone();
            let Some(to) = answer.headers().get("location") else {
                let status = answer.status();
                let html = answer.text().await.unwrap();
                assert!(status.is_success(), "{url}: {status}: {html}");
                return At::Page { url, html };
            };
            let to = url.join(to.to_str().unwrap()).unwrap();
            if to.as_str().starts_with(BACK) {
                return At::Back(to.query_pairs().into_owned().collect());
            }
            answer = self.send(to, None).await;
        }
        panic!("the provider sends the browser round and round")
    }

    async fn send(&mut self, url: Url, form: Option<&str>) -> Response {
        let request = match form {
            Some(form) => self
                .http
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned()),
            None => self.http.get(url),
        };
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

impl At {
    pub(crate) fn html(&self) -> &str {
        match self {
            Self::Page { html, .. } => html,
            Self::Back(_) => "",
        }
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.html().contains(text)
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> &str {
        between(self.html(), &format!("name=\"{name}\" value=\""), "\"").expect("the form has it")
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}
