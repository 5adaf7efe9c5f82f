//! What conda calls a package, for pip.

/// What becomes of a dependency of an `environment.yml`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dependency {
    /// The Python itself, with the version that is asked for, for instance `=3.12` or `>=3.10`; may be empty.
    Python(String),
    /// A line of a `requirements.txt`.
    Package(String),
    /// Not to be had by pip, and not missed by a notebook in Python, or only by parts of it.
    LeftOut,
    /// What only serves or installs notebooks.
    NotNeeded,
}

/// Packages that have another name on the package index.
const OTHER_NAMES: [(&str, &str); 14] = [
    ("dask-core", "dask"),
    ("libopencv", "opencv-python-headless"),
    ("matplotlib-base", "matplotlib"),
    ("msgpack-python", "msgpack"),
    ("opencv", "opencv-python-headless"),
    ("psycopg2", "psycopg2-binary"),
    ("py-opencv", "opencv-python-headless"),
    ("py-xgboost", "xgboost"),
    ("pytables", "tables"),
    ("python-graphviz", "graphviz"),
    ("pytorch", "torch"),
    ("pytorch-cpu", "torch"),
    ("seaborn-base", "seaborn"),
    ("tensorflow-base", "tensorflow"),
];

/// What installs, serves or shows notebooks, and is in every list that `otter generate` writes.
const NOT_NEEDED: [&str; 12] = [
    "conda",
    "jupyter_server",
    "jupyterlab",
    "mamba",
    "nb_conda_kernels",
    "nbgitpuller",
    "nodejs",
    "notebook",
    "pip",
    "setuptools",
    "uv",
    "wheel",
];

/// Programs and libraries that are not for Python.
const NOT_PYTHON: [&str; 24] = [
    "c-compiler",
    "ca-certificates",
    "cmake",
    "compilers",
    "curl",
    "cxx-compiler",
    "ffmpeg",
    "fortran-compiler",
    "gcc_linux-64",
    "git",
    "graphviz",
    "gxx_linux-64",
    "libgit2",
    "libgomp",
    "make",
    "mkl",
    "openblas",
    "openjdk",
    "openssl",
    "pandoc",
    "pkg-config",
    "rpy2",
    "texlive-core",
    "zlib",
];

/// Reads one dependency: `[channel::]name[ ][versions][=build]`.
pub(super) fn dependency(spec: &str) -> Dependency {
    let spec = spec.rsplit("::").next().unwrap_or(spec);
    let spec = spec.split(" #").next().unwrap_or(spec).trim();
    let end = spec.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(spec.len());
    let (name, versions) = (spec[..end].to_ascii_lowercase(), spec[end..].trim());
    match name.as_str() {
        "python" => Dependency::Python(versions.replace(' ', "")),
        known if NOT_NEEDED.contains(&known) => Dependency::NotNeeded,
        // R's packages, and conda's own virtual ones.
        known if NOT_PYTHON.contains(&known) || known.starts_with("r-") || known.starts_with("__") => {
            Dependency::LeftOut
        }
        known => {
            let other = OTHER_NAMES.iter().find(|(conda, _)| *conda == known).map(|(_, pip)| *pip);
            Dependency::Package(format!("{}{}", other.unwrap_or(known), pip_versions(versions)))
        }
    }
}

/// conda's `=1.26` is pip's `==1.26.*`, and a build string is nothing to pip.
fn pip_versions(versions: &str) -> String {
    if versions.trim_start_matches(['=', ' ']).trim_end() == "*" || versions.is_empty() {
        return String::new();
    }
    let is_bare = versions.starts_with(|c: char| c.is_ascii_digit());
    let (exact, rest) = match versions.strip_prefix("==") {
        Some(rest) => (true, rest),
        None => (false, versions.strip_prefix('=').unwrap_or(versions)),
    };
    if !exact && !is_bare && rest == versions {
        return versions.replace(' ', "");
    }
    // `=1.26=py311_0` or `1.26 py311_0`
    let mut parts = rest.split(['=', ' ']).filter(|part| !part.is_empty());
    let version = parts.next().unwrap_or_default();
    let has_build = parts.next().is_some();
    if version.contains([',', '|', '<', '>']) {
        return version.replace(' ', "");
    }
    let is_open = !exact && !is_bare && !has_build && !version.ends_with('*');
    format!("=={version}{}", if is_open { ".*" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_translated() {
        for (conda, pip) in [
            ("numpy", "numpy"),
            ("numpy=1.26", "numpy==1.26.*"),
            ("numpy=1.26.*", "numpy==1.26.*"),
            ("numpy==1.26.4", "numpy==1.26.4"),
            ("numpy=1.26.4=py311h64a7726_0", "numpy==1.26.4"),
            ("numpy 1.26.*", "numpy==1.26.*"),
            ("numpy >=1.26, <2", "numpy>=1.26,<2"),
            ("conda-forge::numpy>1", "numpy>1"),
            ("NumPy=*", "numpy"),
            ("matplotlib-base", "matplotlib"),
        ] {
            assert_eq!(dependency(conda), Dependency::Package(pip.to_owned()), "{conda}");
        }
    }

    #[test]
    fn what_pip_does_not_have_is_left_out() {
        assert_eq!(dependency("python = 3.12"), Dependency::Python("=3.12".into()));
        for conda in ["r-base=4.5.*", "r-ottr==1.6.0", "c-compiler", "rpy2"] {
            assert_eq!(dependency(conda), Dependency::LeftOut, "{conda}");
        }
        for conda in ["pip", "jupyter_server", "nb_conda_kernels"] {
            assert_eq!(dependency(conda), Dependency::NotNeeded, "{conda}");
        }
    }
}
