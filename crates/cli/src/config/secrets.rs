//! `[secrets]`, and the settings that may be kept among the secrets.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use secrecy::ExposeSecret;

use super::{layers::Layers, materials::optional_path, path};
use crate::{
    place::Place,
    secrets::{Places, SecretName, Secrets},
};

/// Where secrets are looked for.
pub(super) fn read(l: &mut Layers, variables: &BTreeMap<String, String>) -> Arc<Secrets> {
    let places = Places {
        dir: l.text("secrets.dir", optional_path),
        sops_file: l.text("secrets.sops_file", optional_path),
        sops: l.text("secrets.sops", path),
    };
    for (key, there) in [("secrets.dir", &places.dir), ("secrets.sops_file", &places.sops_file)] {
        if let Some(there) = there.as_deref().filter(|there: &&Path| !there.exists()) {
            l.error(format!("{key}: there is no {}", there.display()));
        }
    }
    Arc::new(Secrets::new(variables, places))
}

/// The store that the secret `store_url` names, where no setting names one.
pub(super) fn store(l: &mut Layers, secrets: &Secrets) -> Option<Place> {
    let found =
        secrets.get(SecretName::StoreUrl).and_then(|url| Ok(url.zip(secrets.whence(SecretName::StoreUrl)?)));
    match found {
        Ok(None) => None,
        Ok(Some((url, whence))) => match url.expose_secret().trim().parse() {
            Ok(place) => Some(place),
            Err(problem) => {
                let problem: String = problem;
                l.error(format!("the secret store_url ({whence}): {problem}"));
                None
            }
        },
        Err(error) => {
            l.error(error.to_string());
            None
        }
    }
}
