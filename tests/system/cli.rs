//! `submit` and `receipt`: a student's way on the command line.

use std::fs;

use crate::{
    sample::sample,
    service::Service,
    support::{program, run, said},
};

#[test]
fn submit_follows_notebooks_to_their_grades_and_the_receipt_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let service = Service::start(&data);
    let notebook = sample("submissions/hw01-chloe.ipynb");
    let receipts = dir.path().join("receipts");
    // Without the path, as one types it.
    let url = service.url("").replace("services/otter_grade/", "");
    let output =
        run(["submit", "--url", &url, "--receipts", receipts.to_str().unwrap(), notebook.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&output);
    for part in ["accepted: http://", "graded: 5.5 of 14.5", "hw01-chloe.ipynb", "37.9"] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }

    let id = service.get("api/v1/submissions")["submissions"][0]["id"].as_str().unwrap().to_owned();
    let receipt = fs::read_to_string(receipts.join(format!("{id}.receipt"))).unwrap();
    assert_eq!(service.get(&format!("api/v1/submissions/{id}"))["receipt"], receipt);
    let key = data.join("receipt-key.pub.pem");
    let verify = |receipt: &str, notebook: &std::path::Path| {
        program()
            .args(["receipt", "verify", receipt, "--key"])
            .arg(&key)
            .arg("--notebook")
            .arg(notebook)
            .output()
            .unwrap()
    };
    let good = verify(&receipt, &notebook);
    assert!(good.status.success(), "{}", said(&good));
    assert!(said(&good).contains(&id) && said(&good).contains("is the notebook that was submitted"));
    let other = verify(&receipt, &sample("submissions/hw01-ada.ipynb"));
    assert_eq!(other.status.code(), Some(1), "another notebook");
    let file = dir.path().join("receipt.txt");
    fs::write(&file, receipt.replace('.', "x.")).unwrap();
    assert!(!verify(file.to_str().unwrap(), &notebook).status.success(), "a changed receipt");
}

#[test]
fn submit_says_why_a_notebook_is_not_accepted_and_where_no_service_is() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(&dir.path().join("data"));
    let plain = dir.path().join("plain.ipynb");
    fs::write(&plain, r#"{"nbformat": 4, "metadata": {}, "cells": []}"#).unwrap();
    let output = run(["submit", "--url", &service.url(""), plain.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("otter_service"), "{}", said(&output));
    let nowhere = run(["submit", "--url", "http://127.0.0.1:9/", plain.to_str().unwrap()]);
    assert!(said(&nowhere).contains("no service answers"), "{}", said(&nowhere));
    assert_eq!(nowhere.status.code(), Some(1));
}

#[test]
fn the_documented_configuration_is_valid_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("otter-service.toml");
    fs::write(&file, run(["config", "default"]).stdout).unwrap();
    let output = run(["config", "check", "--config", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
}
