//! What is signed: the signature base string (RFC 5849, section 3.4.1).

use outbound::Url;

/// Percent-encoded as section 3.6 wants it: everything but letters, digits, `-`, `.`, `_` and `~`, in upper case.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

/// The base string of a request with these parameters beside those in the URL's query. The URL's path is taken as it
/// stands, `+`, `@` and `:` raw: that is what edX signs on its side.
pub(super) fn base_string(method: &str, url: &Url, parameters: &[(&str, String)]) -> String {
    let in_query = url.query_pairs().map(|(name, value)| (encode(&name), encode(&value)));
    let others = parameters.iter().map(|(name, value)| (encode(name), encode(value)));
    let mut all: Vec<_> = in_query.chain(others).collect();
    // By encoded name, then by encoded value (3.4.1.3.2).
    all.sort();
    let normalized: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // A `Url` has its scheme and host in lower case, and the scheme's usual port left out (3.4.1.2).
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    [method.to_ascii_uppercase(), encode(bare.as_str()), encode(&normalized.join("&"))].join("&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Section 3.4.1.1; the form in that request's body is among the parameters here.
    #[test]
    fn the_example_of_the_rfc() {
        let url = Url::parse("http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").unwrap();
        let parameters = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let base_string = base_string("post", &url, &parameters);
        assert_eq!(
            base_string,
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540\
             %3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method\
             %3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
        // As corrected by erratum 2550.
        assert_eq!(
            super::super::sign(&base_string, "j49sk3j29djd", "dh893hdasih9"),
            "r6/TJjbCOr97/+UU0NsvSne7s5g="
        );
    }

    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (byte, length) = match first {
                '%' => (u8::from_str_radix(&rest[1..3], 16).unwrap(), 3),
                plain => (u8::try_from(plain).unwrap(), 1),
            };
            bytes.push(byte);
            rest = &rest[length..];
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn encoding_loses_nothing(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            prop_assert_eq!(decode(&encoded), text);
        }

        #[test]
        fn it_has_three_parts_and_all_parameters_in_order_whatever_order_they_came_in(
            query in prop::collection::vec(("[a-zé &=+%]{0,6}", ".{0,6}"), 0..4),
            others in prop::collection::vec(("[a-z_]{1,6}", ".{0,6}"), 0..4),
            path in "[a-z0-9:@+]{0,20}",
        ) {
            let mut url = Url::parse(&format!("https://h/{path}")).unwrap();
            if !query.is_empty() {
                url.query_pairs_mut().extend_pairs(&query);
            }
            let parameters: Vec<_> = others.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let text = base_string("POST", &url, &parameters);
            let reversed: Vec<_> = parameters.iter().rev().cloned().collect();
            prop_assert_eq!(&text, &base_string("POST", &url, &reversed));

            let parts: Vec<_> = text.split('&').map(decode).collect();
            prop_assert_eq!(&parts[..2], ["POST", &*format!("https://h/{path}")]);
            let mut found: Vec<_> = parts[2].split('&').filter(|pair| !pair.is_empty()).map(|pair| {
                let (name, value) = pair.split_once('=').unwrap();
                (decode(name), decode(value))
            }).collect();
            prop_assert!(parts.len() == 3);
            let mut expected: Vec<_> = query.into_iter().chain(others).collect();
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
