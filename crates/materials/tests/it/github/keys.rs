//! The App's key, made anew for each run of the tests, and what is signed with it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::LazyLock,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;
use tempfile::TempDir;

struct Keys {
    pem: String,
    /// The public key as PEM, for openssl, and as a PKCS #1 structure.
    public_pem: Vec<u8>,
    public_der: Vec<u8>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    openssl(folder.path(), &["genrsa", "-traditional", "-out", "key.pem", "2048"]);
    let public =
        |arguments: &[&str]| openssl(folder.path(), &[&["rsa", "-in", "key.pem"], arguments].concat()).stdout;
    Keys {
        pem: fs::read_to_string(folder.path().join("key.pem")).unwrap(),
        public_pem: public(&["-pubout"]),
        public_der: public(&["-RSAPublicKey_out", "-outform", "DER"]),
    }
});

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output();
    let output = output.expect("these tests need the program openssl");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The App's private key, as GitHub gives it.
pub(crate) fn key_pem() -> &'static str {
    &KEYS.pem
}

/// The same key in PKCS #8.
pub(crate) fn key_pkcs8() -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("key.pem"), key_pem()).unwrap();
    let output = openssl(folder.path(), &["pkcs8", "-topk8", "-nocrypt", "-in", "key.pem"]);
    String::from_utf8(output.stdout).unwrap()
}

/// Reads and verifies a JWT with the App's public key; gives its header and claims.
pub(super) fn verified(jwt: &str) -> Result<(Value, Value), String> {
    let (signed, signature) = jwt.rsplit_once('.').ok_or("it has no parts")?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string());
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &KEYS.public_der)
        .verify(signed.as_bytes(), &decoded(signature)?)
        .map_err(|_| "the signature is wrong")?;
    let (header, claims) = signed.split_once('.').ok_or("it has no claims")?;
    let json = |part| serde_json::from_slice(&decoded(part)?).map_err(|error| error.to_string());
    Ok((json(header)?, json(claims)?))
}

/// Whether openssl, which shares nothing with what signs, finds a JWT's signature good.
pub(crate) fn openssl_verifies(jwt: &str) -> bool {
    let folder = TempDir::new().unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    fs::write(folder.path().join("signed"), signed).unwrap();
    fs::write(folder.path().join("signature"), URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    fs::write(folder.path().join("public.pem"), &KEYS.public_pem).unwrap();
    let arguments = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed"];
    Command::new("openssl").current_dir(folder.path()).args(arguments).output().unwrap().status.success()
}
