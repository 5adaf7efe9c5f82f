//! A service without a hub, to which people come with tokens of its own.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    sample::sample,
    service::Service,
    support::{program, run, said},
};

/// A file with a new token of a user's, and the token's id.
fn token(dir: &Path, user: &str) -> (String, String) {
    let store = format!("sqlite:{}", dir.join("data/otter-service.sqlite").display());
    let output = run(["token", "create", user, "--label", "test", "--json", "--store", &store]);
    assert!(output.status.success(), "{}", said(&output));
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    let path = dir.join(format!("{user}.token"));
    fs::write(&path, made["token"].as_str().unwrap()).unwrap();
    (path.to_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

#[test]
fn a_token_submits_for_its_user_until_it_is_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let variables = [("OTTER_SERVICE_IDENTITY_MODE", "tokens"), ("OTTER_SERVICE_IDENTITY_STAFF", "prof")];
    let service = Service::start_with(&data, &sample("course"), &variables);
    let (ada, id) = token(dir.path(), "ada");
    let (prof, _) = token(dir.path(), "prof");
    let notebook = sample("submissions/lab01-ada.ipynb");
    let submit = |with: &[&str]| {
        let mut command = program();
        command.env_remove("OTTER_TOKEN").args(["submit", "--url", &service.url("")]).args(with);
        command.arg(&notebook).output().unwrap()
    };
    let without = submit(&[]);
    assert!(
        !without.status.success() && said(&without).contains("does not say whose it is"),
        "{}",
        said(&without)
    );
    let with = submit(&["--token-file", &ada]);
    assert!(with.status.success() && said(&with).contains("100.0"), "{}", said(&with));

    let seen = |token: &str, path: &str| {
        let token = fs::read_to_string(token).unwrap();
        service.get_as(&token, path)
    };
    assert_eq!(seen(&ada, "api/v1/submissions")["submissions"][0]["user"], "ada");
    assert_eq!(seen(&prof, "api/v1/courses/data-101/submissions")["submissions"][0]["user"], "ada");
    assert_eq!(seen(&ada, "api/v1/courses/data-101/submissions")["status"], 404);

    let store = format!("sqlite:{}", data.join("otter-service.sqlite").display());
    assert!(run(["token", "revoke", &id, "--store", &store]).status.success());
    let revoked = submit(&["--token-file", &ada]);
    assert!(!revoked.status.success() && said(&revoked).contains("revoked"), "{}", said(&revoked));
    for path in [&ada, &prof] {
        let token = fs::read_to_string(path).unwrap();
        assert!(!service.log().contains(&token), "no token is in the log");
    }
}
