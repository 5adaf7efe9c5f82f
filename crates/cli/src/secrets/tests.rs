//! Where secrets are looked for. sops itself is asked in tests/system/secrets.rs.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

fn secrets(variables: &[(&str, &str)], places: Places) -> Secrets {
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Secrets::new(&variables, places)
}

fn token(secrets: &Secrets) -> Option<String> {
    secrets.get(SecretName::GitHubToken).unwrap().map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn the_nearer_place_wins() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name).join("github_token");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let named = write("named", "from the file that is named\n");
    let systemd = write("systemd", "from systemd\r\n").with_file_name("");
    let mounted = write("mounted", "from the folder").with_file_name("");
    let places = || Places { dir: Some(mounted.clone()), ..Places::default() };
    let all = [
        ("github_token", "exact"),
        ("GITHUB_TOKEN", "upper"),
        ("GITHUB_TOKEN_FILE", named.to_str().unwrap()),
        (CREDENTIALS, systemd.to_str().unwrap()),
    ];
    for (left_out, expected) in
        ["exact", "upper", "from the file that is named", "from systemd", "from the folder"]
            .iter()
            .enumerate()
    {
        let secrets = secrets(&all[left_out..], places());
        assert_eq!(token(&secrets).as_deref(), Some(*expected));
        assert!(!format!("{secrets:?}").contains("exact"), "{secrets:?}");
    }
    assert_eq!(token(&secrets(&[], Places::default())), None);
    assert_eq!(token(&secrets(&[("GITHUB_TOKEN", "")], places())).as_deref(), Some("from the folder"));
    let whence = secrets(&all[1..], places()).whence(SecretName::GitHubToken).unwrap().unwrap();
    assert_eq!(whence, "the variable GITHUB_TOKEN");
}

#[test]
fn a_file_that_is_named_and_cannot_be_used_is_an_error_not_a_missing_secret() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let error = || {
        let secrets = secrets(&[("github_token_FILE", path.to_str().unwrap())], Places::default());
        secrets.get(SecretName::GitHubToken).unwrap_err().to_string()
    };
    assert!(error().contains("No such file"), "{}", error());
    fs::write(&path, "\n").unwrap();
    assert!(error().contains("it is empty"), "{}", error());
    fs::write(&path, b"s3cret\xff").unwrap();
    assert!(error().contains("not text") && !error().contains("s3cret"), "{}", error());
    fs::write(&path, vec![b'x'; 100_000]).unwrap();
    assert!(error().contains("larger than 64 KiB"), "{}", error());
}

#[test]
fn keys_whose_lines_are_written_out_are_mended() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----\\n";
    let secrets = secrets(&[("github_app_private_key", key), ("github_token", "a\\nb")], Places::default());
    let found = secrets.get(SecretName::GitHubAppPrivateKey).unwrap().unwrap();
    assert_eq!(found.expose_secret(), key.replace("\\n", "\n"));
    assert_eq!(token(&secrets).as_deref(), Some("a\\nb"), "only keys have lines");
}

#[test]
fn files_that_everybody_may_read_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("github_token");
    fs::write(&path, "s3cret").unwrap();
    let secrets = secrets(&[], Places { dir: Some(dir.path().into()), ..Places::default() });
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    assert_eq!(secrets.readable_by_others(), std::slice::from_ref(&path));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(secrets.readable_by_others(), Vec::<PathBuf>::new());
}

#[test]
fn without_the_program_it_is_said_what_to_do() {
    let places = Places { sops_file: Some("/etc/keys.yaml".into()), sops: "/nowhere/sops".into(), dir: None };
    let error = secrets(&[], places).get(SecretName::StoreUrl).unwrap_err().to_string();
    assert!(error.contains("/nowhere/sops") && error.contains("secrets.sops"), "{error}");
}

/// A stand-in: the key service of Google cannot be reached from tests.
#[test]
fn sops_gets_what_its_keys_need_and_nothing_else_and_its_complaint_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("sops");
    fs::write(&program, "#!/bin/sh\n/usr/bin/env | /usr/bin/sort >$HOME/seen\necho \"$@\" >>$HOME/seen\necho \"could not decrypt with gcp_kms: $SOPS_AGE_KEY\" >&2\nexit 128\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let home = dir.path().to_str().unwrap();
    let places = Places { sops_file: Some("/etc/keys.yaml".into()), sops: program, dir: None };
    let variables = [
        ("HOME", home),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/run/gcp.json"),
        ("SOPS_AGE_KEY", "AGE-SECRET-KEY-1XYZ"),
        ("OTTER_SERVICE_STORE_URL", "postgres://u:pw@h/d"),
        ("github_app_id", "7"),
    ];
    let secrets = secrets(&variables, places);
    let error = secrets.get(SecretName::StoreUrl).unwrap_err().to_string();
    assert!(error.contains("could not decrypt with gcp_kms") && !error.contains("1XYZ"), "{error}");
    let seen = fs::read_to_string(dir.path().join("seen")).unwrap();
    let seen: Vec<_> =
        seen.lines().filter(|line| !line.starts_with("PWD=") && !line.starts_with("_=")).collect();
    assert_eq!(
        seen,
        [
            "GOOGLE_APPLICATION_CREDENTIALS=/run/gcp.json",
            &format!("HOME={home}"),
            "SOPS_AGE_KEY=AGE-SECRET-KEY-1XYZ",
            "--decrypt --output-type json -- /etc/keys.yaml",
        ]
    );
    assert_eq!(secrets.get(SecretName::GitHubAppId).unwrap().unwrap().expose_secret(), "7", "no sops needed");
}
