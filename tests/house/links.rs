//! The book and the other documents lead somewhere.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{files, root};

/// The targets of Markdown's inline links.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()).collect()
}

#[test]
fn relative_links_lead_to_files() {
    let mut documents = files("docs", ".md");
    documents.extend(
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/README.md"].map(|name| root().join(name)),
    );
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let path = document.parent().unwrap().join(target);
            assert!(path.exists(), "{}: {link} leads nowhere", document.display());
        }
    }
}

#[test]
fn every_page_is_in_the_books_summary() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<_> = links(&summary).into_iter().map(|link| docs.join(Path::new(link))).collect();
    for page in files("docs", ".md") {
        let is_listed = page.ends_with("SUMMARY.md")
            || listed.iter().any(|known| known.canonicalize().ok() == page.canonicalize().ok());
        assert!(is_listed, "{} is not in docs/SUMMARY.md", page.display());
    }
}
