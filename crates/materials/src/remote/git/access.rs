//! How a git remote lets us in.

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};

use super::url::{GitUrl, Scheme};

/// How a git remote lets us in.
#[derive(Debug, Clone, Default)]
pub enum GitAccess {
    /// Everybody may read it.
    #[default]
    Open,
    /// By a token or password, over https.
    Token {
        /// Its user; where only the token counts, any name will do: `x-access-token` (GitHub), `oauth2` (GitLab).
        user: String,
        /// The token.
        token: SecretString,
    },
    /// By a key, over ssh.
    Key {
        /// The file of the private key, without a passphrase.
        key: PathBuf,
        /// The file that says by which keys the host proves who it is, as `ssh-keyscan` writes it.
        known_hosts: PathBuf,
    },
}

impl GitAccess {
    /// Git's settings for it. They go to git through its environment, which only this user can read; a command line
    /// can be read by everybody.
    pub(super) fn settings(&self, url: &GitUrl) -> Vec<(String, String)> {
        match self {
            // Only ever shown to the site it is for.
            Self::Token { user, token } if matches!(url.scheme(), Scheme::Https | Scheme::Http) => {
                let packed = BASE64_STANDARD.encode(format!("{user}:{}", token.expose_secret()));
                vec![(format!("http.{}/.extraHeader", url.site()), format!("Authorization: Basic {packed}"))]
            }
            _ => Vec::new(),
        }
    }

    /// The command by which git speaks ssh. It asks nobody anything, reads no configuration, and trusts no host that it
    /// was not told of.
    pub(super) fn ssh_command(&self) -> String {
        let mut command =
            "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 \
            -o PermitLocalCommand=no -o ForwardAgent=no -o ClearAllForwardings=yes"
                .to_owned();
        if let Self::Key { key, known_hosts } = self {
            let quote = |path: &PathBuf| format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"));
            command += " -o IdentitiesOnly=yes -o IdentityAgent=none -i ";
            command += &quote(key);
            command += " -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile=";
            command += &quote(known_hosts);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_its_site_and_never_shown() {
        let token = GitAccess::Token { user: "oauth2".into(), token: "hunter2".into() };
        assert!(!format!("{token:?}").contains("hunter2"));
        let settings = token.settings(&"https://git.example.org:8443/a/b".parse().unwrap());
        let expected =
            ("http.https://git.example.org:8443/.extraHeader", "Authorization: Basic b2F1dGgyOmh1bnRlcjI=");
        assert_eq!(settings, [(expected.0.to_owned(), expected.1.to_owned())]);
        assert!(token.settings(&"ssh://git@git.example.org/a".parse().unwrap()).is_empty());
    }

    #[test]
    fn a_shell_takes_the_files_as_they_are_named() {
        let access = GitAccess::Key { key: "/k'; touch x".into(), known_hosts: "/h $(y)".into() };
        let command = access.ssh_command();
        let echoed = std::process::Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' {command}")])
            .output()
            .unwrap();
        let echoed = String::from_utf8(echoed.stdout).unwrap();
        assert!(echoed.contains("\n/k'; touch x\n"), "{echoed}");
        assert!(echoed.contains("\nUserKnownHostsFile=/h $(y)\n"), "{echoed}");
    }
}
