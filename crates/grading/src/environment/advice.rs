//! What to do about a build that failed.

/// What the end of the output of pip or uv means, and the advice.
const KNOWN: [(&[&str], &str); 5] = [
    (
        &["No space left on device", "os error 28"],
        "The disk is full: free some space, or lower `grading.environments_max_gib`.",
    ),
    (
        &["--only-binary", "no-build", "no usable wheels", "Building source distributions"],
        "For an autograder only packages that come as wheels are installed, so that none runs code of its own on this \
         machine. Build an environment with it yourself and name it in the configuration (`[environments.NAME]`).",
    ),
    (
        &[
            "Temporary failure in name resolution",
            "Name or service not known",
            "Connection refused",
            "Network is unreachable",
            "Failed to establish a new connection",
            "error sending request",
            "dns error",
            "timed out",
        ],
        "The package index was not reached: is this machine online? A mirror or a proxy is named with PIP_INDEX_URL or \
         UV_DEFAULT_INDEX, and HTTPS_PROXY.",
    ),
    (
        &[
            "No matching distribution",
            "No solution found",
            "ResolutionImpossible",
            "conflicting dependencies",
        ],
        "There is no such version for this Python, or two requirements cannot hold together: change the requirements, or \
         the Python to build with (`base_python`).",
    ),
    (
        &["gcc", "error: command", "Failed building wheel", "build backend"],
        "A package had to be compiled and could not: install a compiler and the headers it asks for, or ask for a version \
         that comes as a wheel.",
    ),
];

/// One or two sentences for the operator.
pub(super) fn advice(said: &str) -> &'static str {
    let fits = |words: &&[&str]| words.iter().any(|word| said.contains(word));
    KNOWN.iter().find(|(words, _)| fits(words)).map_or(
        "`otter-service environment build` tries it again and shows everything that is said.",
        |(_, advice)| advice,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_failures_are_known() {
        let pip = "ERROR: Could not find a version that satisfies the requirement nosuch==1\nERROR: No matching distribution found for nosuch==1";
        assert!(advice(pip).contains("no such version"));
        assert!(advice("OSError: [Errno 28] No space left on device").contains("disk is full"));
        assert!(advice("whatever").contains("environment build"));
    }
}
