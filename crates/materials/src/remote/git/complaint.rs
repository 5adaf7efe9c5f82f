//! What git means when it complains.

use crate::remote::RemoteError;

use super::program::Ended;

/// What to do about a run of git that failed, told by its words (in the locale `C`). Words that are not known are
/// most likely about the network, and are taken for something that passes.
pub(super) fn meaning(remote: &str, ended: &Ended) -> RemoteError {
    let said = &ended.complaint;
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if matches!(ended.code, Some(126 | 127)) {
        return RemoteError::Ours { problem: format!("The program git cannot be run: {said}. Install git.") };
    }
    if has(&["No space left on device", "Disk quota exceeded", "Read-only file system"]) {
        return RemoteError::Ours { problem: format!("git cannot write here: {said}. Check the disk.") };
    }
    // 25 is SIGXFSZ: a file would have become larger than it may.
    if ended.code.is_none() || has(&["died of signal 25", "File too large", "File size limit"]) {
        return RemoteError::Content {
            problem: format!(
                "{remote} is larger than is fetched. Take what grading does not need out of the repository."
            ),
        };
    }
    if has(&["fsck error", "fsckObjects", "fsck-objects"]) {
        return RemoteError::Content {
            problem: format!("{remote} has objects that no honest git makes: {said}. Repair the repository."),
        };
    }
    if has(&[
        "Authentication failed",
        "could not read Username",
        "could not read Password",
        "Permission denied",
        "error: 401",
        "error: 403",
    ]) {
        return RemoteError::Refused {
            problem: format!(
                "{remote} does not let us in: {said}. Check that the token or key is right, has not expired, and may read this repository."
            ),
        };
    }
    if has(&["Host key verification failed"]) {
        return RemoteError::Refused {
            problem: format!(
                "{remote} did not prove who it is: {said}. Put the host's key, after checking it, into the known hosts file."
            ),
        };
    }
    if has(&[
        "not found",
        "does not appear to be a git repository",
        "does not exist",
        "unable to update url base from redirection",
        "The requested URL returned error: 3",
    ]) {
        return RemoteError::Refused {
            problem: format!(
                "{remote} has no such repository, or does not show it to us: {said}. Check the URL, and that the token or key may read it."
            ),
        };
    }
    RemoteError::Away { problem: format!("git cannot fetch from {remote}: {said}.") }
}

#[cfg(test)]
mod tests {
    use RemoteError as E;

    use super::*;

    #[test]
    fn known_words_have_a_meaning_and_others_pass() {
        let meaning = |code, complaint: &str| {
            meaning("host/repo", &Ended { code, answer: Vec::new(), complaint: complaint.into() })
        };
        assert!(matches!(meaning(Some(127), "sh: 1: exec: git: not found"), E::Ours { .. }));
        assert!(matches!(meaning(Some(128), "fatal: write error: No space left on device"), E::Ours { .. }));
        assert!(matches!(meaning(Some(128), "error: index-pack died of signal 25"), E::Content { .. }));
        assert!(matches!(meaning(None, ""), E::Content { .. }));
        assert!(matches!(
            meaning(Some(128), "fatal: Authentication failed for 'https://x/'"),
            E::Refused { .. }
        ));
        assert!(matches!(meaning(Some(128), "fatal: repository 'https://x/' not found"), E::Refused { .. }));
        assert!(matches!(
            meaning(Some(128), "fatal: unable to access: Could not resolve host"),
            E::Away { .. }
        ));
    }
}
