//! How many files a process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit to what the system allows: each snapshot of a notebook's process holds a descriptor, and a limit of
/// 1024, which is usual, is met by sixteen gradings at a time.
pub(crate) fn allow_many() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        // Without it gradings may end in faults that say so.
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            eprintln!("otter-service: the limit on open files cannot be raised: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_becomes_what_is_allowed() {
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = Some(256);
        setrlimit(Resource::Nofile, limit).unwrap();
        allow_many();
        assert_eq!(getrlimit(Resource::Nofile).current, limit.maximum);
    }
}
