//! Which scope grants which: JupyterHub's own answer, for many combinations.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use hub::Scopes;
use testbed::{
    or_skip,
    peers::{HubVersion, Peers},
};

const SCOPES: [&str; 14] = [
    "access:services",
    "access:services!service=a",
    "access:services!service=b",
    "access:services!user=a",
    "access:services!group=a",
    "access:servers",
    "access:servers!user=a",
    "access:servers!user=b",
    "access:servers!server=a/",
    "access:servers!server=a/x",
    "access:servers!server=b/x",
    "access:servers!server=a",
    "access:servers!group=a",
    "custom:x:y",
];
const ASK: &str = "
import json, sys, warnings
from jupyterhub.services.auth import check_scopes
warnings.simplefilter('ignore')
print(json.dumps([bool(check_scopes(set(needed), set(has))) for needed, has in json.load(sys.stdin)]))
";

#[test]
fn scopes_grant_what_they_grant_at_the_hub() {
    let Some(peers) = or_skip("JupyterHub's scopes", Peers::get()) else { return };
    let sets: Vec<Vec<&str>> = (0..SCOPES.len())
        .flat_map(|one| (one..SCOPES.len()).map(move |other| (SCOPES[one], SCOPES[other])))
        .map(|(one, other)| if one == other { vec![one] } else { vec![one, other] })
        .collect();
    let questions: Vec<_> =
        sets.iter().flat_map(|needed| sets.iter().map(move |has| (needed, has))).collect();
    let mut python = Command::new(peers.hub(HubVersion::Six).join("bin/python"))
        .args(["-c", ASK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(&questions).unwrap()).unwrap();
    let output = python.wait_with_output().unwrap();
    let answers: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), questions.len());
    assert!(answers.iter().any(|granted| *granted) && answers.iter().any(|granted| !granted));
    for ((needed, has), granted) in questions.into_iter().zip(answers) {
        let (ours, theirs) = (Scopes::lenient(has.iter().copied()), Scopes::lenient(needed.iter().copied()));
        assert_eq!(ours.grant_any(&theirs), granted, "{has:?} for {needed:?}");
    }
}
