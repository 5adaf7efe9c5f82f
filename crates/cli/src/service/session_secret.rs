//! With what sessions are sealed.

use anyhow::bail;
use model::ambient::Entropy;
use secrecy::{ExposeSecret, SecretString};

use super::DataDir;
use crate::{config::Config, secrets::SecretName};

/// Who can guess it can be anybody: as many bytes as the key that is made of it.
const LEAST_BYTES: usize = 32;

/// The secret `session_secret` if somebody says where it is, else what the data folder keeps.
pub(super) fn session_secret(
    config: &Config,
    data: &DataDir,
    entropy: &dyn Entropy,
) -> anyhow::Result<SecretString> {
    let (secret, whence) = match config.secrets.get(SecretName::SessionSecret)? {
        Some(secret) => {
            let whence = config.secrets.whence(SecretName::SessionSecret)?.unwrap_or_default();
            (secret, format!("the secret session_secret ({whence})"))
        }
        None => (data.session_secret(entropy)?, data.session_secret_file().display().to_string()),
    };
    let bytes = secret.expose_secret().trim().len();
    if bytes < LEAST_BYTES {
        bail!(
            "{whence} is too short ({bytes} of at least {LEAST_BYTES} bytes): whoever guesses it can come in as anybody. \
             `openssl rand -hex 32` makes a good one; everybody then signs in again"
        );
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use model::ambient::SystemEntropy;

    use super::*;
    use crate::config::Sources;

    #[test]
    fn what_can_be_guessed_is_refused_wherever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&dir.path().join("data")).unwrap();
        let of = |given: &str| {
            let variables = [("session_secret".to_owned(), given.to_owned())].into();
            let config = Config::load(&Sources { variables, ..Sources::default_only() }).unwrap();
            let secret = session_secret(&config, &data, &SystemEntropy);
            secret.map(|secret| secret.expose_secret().to_owned()).map_err(|error| error.to_string())
        };
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(of(long).unwrap(), long);
        let wrong = of(&long[1..]).unwrap_err();
        assert!(
            wrong.contains("variable session_secret") && wrong.contains("openssl rand -hex 32"),
            "{wrong}"
        );
        assert!(!wrong.contains(&long[1..]));
        let made = of("").unwrap();
        assert_eq!(of("").unwrap(), made, "the one that was made");
        for empty in ["", "\n"] {
            fs::write(data.session_secret_file(), empty).unwrap();
            let wrong = of("").unwrap_err();
            assert!(wrong.contains("data/session-secret is too short (0 of"), "{wrong}");
        }
    }
}
