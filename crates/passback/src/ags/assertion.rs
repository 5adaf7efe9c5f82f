//! How this tool asks for a token.

use jiff::Timestamp;
use serde_json::json;

use super::keys::ToolKeys;

/// Seconds by which it is dated back: edX takes none from the future, be it by a moment.
const BACK_S: i64 = 5;
/// Seconds for which it is good.
const GOOD_S: i64 = 300;

/// A `client_assertion` (RFC 7523; IMS Security Framework 1.0, section 4.1): that whoever shows it is this tool.
pub(super) fn assertion(
    keys: &ToolKeys,
    client_id: &str,
    audience: &str,
    now: Timestamp,
    id: &str,
) -> String {
    let now_s = now.as_second();
    keys.sign(&json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now_s - BACK_S,
        "exp": now_s + GOOD_S,
        "jti": id,
    }))
}
