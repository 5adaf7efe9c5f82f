//! URLs as texts, for launches that are kept. (The feature `serde` of the crate `url` is not on in this workspace.)

use outbound::Url;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) mod url {
    use super::{Deserialize, Deserializer, Serializer, Url, read};

    pub(in crate::lti) fn serialize<S: Serializer>(url: &Url, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(url.as_str())
    }

    pub(in crate::lti) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
        read(&String::deserialize(from)?)
    }
}

pub(super) mod maybe_url {
    use super::{Deserialize, Deserializer, Serializer, Url, read};

    #[expect(clippy::ref_option, reason = "serde hands a field over like this")]
    pub(in crate::lti) fn serialize<S: Serializer>(url: &Option<Url>, to: S) -> Result<S::Ok, S::Error> {
        match url {
            Some(url) => to.serialize_some(url.as_str()),
            None => to.serialize_none(),
        }
    }

    pub(in crate::lti) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
        Option::<String>::deserialize(from)?.map(|text| read(&text)).transpose()
    }
}

fn read<E: serde::de::Error>(text: &str) -> Result<Url, E> {
    text.parse().map_err(|_| E::custom("it is no URL"))
}
