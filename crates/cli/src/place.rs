//! Where submissions are kept: a URL, and the store that it names.

mod firestore;

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use store::{FirestoreStore, PostgresStore, SqliteStore, Store, StoreError};

use self::firestore::Firestore;

/// Where a store is, as an operator writes it. Shown without a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// `sqlite:PATH`: a file on this machine.
    Sqlite(PathBuf),
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    Postgres(String),
    /// `firestore://PROJECT?environment=NAME`.
    Firestore(Firestore),
}

impl Place {
    /// Opens the store, preparing it where it is new and bringing it up to date where it is old.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
            Self::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
            Self::Firestore(place) => {
                let settings = place.settings(|name| std::env::var(name).ok());
                let settings = settings.map_err(|problem| StoreError::Unavailable(problem.into()))?;
                Arc::new(FirestoreStore::open(settings).await?)
            }
        })
    }

    /// Whether processes on several machines may work with it.
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) | Self::Firestore(_) => true,
        }
    }

    /// With what the configuration says about the deployment, where the URL does not.
    pub(crate) fn in_deployment(self, project: Option<&str>, environment: &str) -> Self {
        match self {
            Self::Firestore(place) => Self::Firestore(place.in_deployment(project, environment)),
            other => other,
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "a store is named as sqlite:PATH, postgres://USER@HOST/DATABASE or firestore://PROJECT";
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            Some(("firestore", rest)) => Ok(Self::Firestore(rest.parse()?)),
            _ => Err(wrong.to_owned()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Firestore(place) => place.fmt(f),
            Self::Postgres(url) => {
                // What stands between the scheme and the last `@` may hold a password.
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                // So may the parameters.
                let rest = rest.split('?').next().unwrap_or_default();
                write!(f, "{scheme}://{rest}")
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_shows_no_password() {
        let shown = |text: &str| text.parse::<Place>().map(|place| format!("{place} {place:?}"));
        assert_eq!(
            shown("sqlite:/var/lib/x.sqlite").unwrap(),
            "sqlite:/var/lib/x.sqlite Place(sqlite:/var/lib/x.sqlite)"
        );
        let place = shown("postgres://otter:s3c@ret@db.example:5432/grades?password=s3cret").unwrap();
        assert_eq!(place, "postgres://db.example:5432/grades Place(postgres://db.example:5432/grades)");
        let shared = "firestore://data8x?environment=prod".parse::<Place>().unwrap();
        assert_eq!(shared.to_string(), "firestore://data8x?environment=prod");
        assert!(shared.is_shared());
        for wrong in ["", "sqlite:", "mysql://host/db", "grades.sqlite"] {
            assert!(shown(wrong).unwrap_err().contains("sqlite:PATH"), "{wrong}");
        }
    }
}
