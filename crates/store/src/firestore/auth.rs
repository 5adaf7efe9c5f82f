//! Who we are to Firestore: a service account by its key file or by the metadata server of the machine (workload
//! identity on GKE), found as Google's own libraries do (<https://cloud.google.com/docs/authentication/application-default-credentials>),
//! or the emulator's owner.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use tokio::time::timeout;

use crate::error::StoreError;

const SCOPE: &str = "https://www.googleapis.com/auth/datastore";

/// Where access tokens come from.
#[derive(Debug)]
pub(super) enum Auth {
    /// The emulator believes everybody.
    Emulator,
    /// Google's libraries get and renew them.
    Google(RwLock<AccessTokenCredentials>),
}

impl Auth {
    /// The credentials that this process has; an error if its key file is unreadable.
    pub(super) fn google() -> Result<Self, StoreError> {
        // The library calls Google itself.
        use_ring();
        Ok(Self::Google(RwLock::new(find().map_err(|error| StoreError::Unavailable(error.into()))?)))
    }

    /// A token that is good now. The error says why there is none, and no secret.
    pub(super) async fn token(&self, patience: Duration) -> Result<String, String> {
        let Self::Google(credentials) = self else { return Ok("owner".into()) };
        let current = credentials.read().unwrap_or_else(PoisonError::into_inner).clone();
        match timeout(patience, current.access_token()).await {
            Ok(Ok(token)) => Ok(token.token),
            Ok(Err(error)) => {
                // After an error that it takes for lasting, the library never asks again; a metadata server that is
                // not ready yet causes such errors too.
                if !error.is_transient()
                    && let Ok(fresh) = find()
                {
                    *credentials.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                }
                Err(error.to_string())
            }
            Err(_) => Err("the token server does not answer".into()),
        }
    }
}

fn find() -> Result<AccessTokenCredentials, google_cloud_auth::build_errors::Error> {
    Builder::default().with_scopes([SCOPE]).build_access_token_credentials()
}

/// Makes `ring` the provider of cryptography for all TLS of this process, unless it has one. Before that, no HTTP
/// client can be built.
pub fn use_ring() {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
