//! The records of an extended header (POSIX.1-2001 pax): `LENGTH KEY=VALUE\n`, where the length counts all of it.

/// What an extended header says, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records<'a> {
    /// The name, in place of the one in the header.
    pub(super) path: Option<&'a [u8]>,
    /// The size, in place of the one in the header.
    pub(super) bytes: Option<u64>,
    /// What `git archive` says: the commit.
    pub(super) comment: Option<&'a [u8]>,
}

/// Reads all records. Keys that mean nothing here (times, owners, a link's target) are passed over.
pub(super) fn parse(mut body: &[u8]) -> Result<Records<'_>, &'static str> {
    const MALFORMED: &str = "an extended header is malformed";
    let mut records = Records::default();
    while !body.is_empty() {
        let space = body.iter().take(8).position(|&byte| byte == b' ').ok_or(MALFORMED)?;
        let length =
            decimal(&body[..space]).and_then(|length| usize::try_from(length).ok()).ok_or(MALFORMED)?;
        if length <= space + 1 || length > body.len() {
            return Err(MALFORMED);
        }
        let (record, rest) = body.split_at(length);
        let record = record[space + 1..].strip_suffix(b"\n").ok_or(MALFORMED)?;
        let equals = record.iter().position(|&byte| byte == b'=').ok_or(MALFORMED)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        let twice = match key {
            b"path" => records.path.replace(value).is_some(),
            b"size" => records.bytes.replace(decimal(value).ok_or(MALFORMED)?).is_some(),
            b"comment" => records.comment.replace(value).is_some(),
            key if key.starts_with(b"GNU.sparse.") => return Err("it has a sparse file"),
            _ => false,
        };
        if twice {
            return Err("an extended header says something twice");
        }
        body = rest;
    }
    Ok(records)
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_that_matter_are_found() {
        let body = b"30 mtime=1700000000.123456789\n13 path=a\n/b\n11 size=17\n14 comment=ab\n";
        let found = Records { path: Some(b"a\n/b"), bytes: Some(17), comment: Some(b"ab") };
        assert_eq!(parse(body), Ok(found));
        assert_eq!(parse(b""), Ok(Records::default()));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for body in [
            &b"x"[..],
            b"11 path=a/b",
            b"13 path=a/b\n",
            b"10 path=a/b\n",
            b"2 \n",
            b"0 \n",
            b"+9 path=a\n",
            b"9 path a\n",
            b"99999999999999999999 path=a\n",
            b"9 path=a\n9 path=b\n",
            b"10 size=-1\n",
            b"25 GNU.sparse.realsize=9\n",
            b"9 path=a\n\0\0",
        ] {
            assert!(parse(body).is_err(), "{:?}", body.escape_ascii().to_string());
        }
    }

    proptest! {
        #[test]
        fn any_path_comes_back(path: Vec<u8>) {
            let rest = path.len() + " path=\n".len();
            let length = (1..8).map(|digits| rest + digits).find(|length| length.to_string().len() + rest == *length);
            let mut body = format!("{} path=", length.unwrap()).into_bytes();
            body.extend(&path);
            body.push(b'\n');
            prop_assert_eq!(parse(&body).unwrap().path, Some(&path[..]));
        }

        #[test]
        fn any_bytes_are_records_or_an_error(body: Vec<u8>) {
            let _ = parse(&body);
        }
    }
}
