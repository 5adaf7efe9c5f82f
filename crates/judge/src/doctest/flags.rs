//! Option flags.

use std::collections::BTreeMap;

/// The option flags of `doctest` that decide something. Those that only change how failures are printed
/// (`REPORT_UDIFF` and the like) are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Flags {
    /// `1` does not match `True`.
    pub dont_accept_true_for_1: bool,
    /// `<BLANKLINE>` stands for itself.
    pub dont_accept_blankline: bool,
    /// All whitespace is alike.
    pub normalize_whitespace: bool,
    /// `...` matches anything.
    pub ellipsis: bool,
    /// The example is not run.
    pub skip: bool,
    /// Of an exception only the name is compared.
    pub ignore_exception_detail: bool,
    /// Nothing is run after a failure.
    pub fail_fast: bool,
}

impl Flags {
    /// All off.
    pub const NONE: Self = Self {
        dont_accept_true_for_1: false,
        dont_accept_blankline: false,
        normalize_whitespace: false,
        ellipsis: false,
        skip: false,
        ignore_exception_detail: false,
        fail_fast: false,
    };

    /// The flags that an example's directives switch on. otter-grader sets none itself.
    #[must_use]
    pub fn of(options: &BTreeMap<String, bool>) -> Self {
        let on = |name| options.get(name) == Some(&true);
        Self {
            dont_accept_true_for_1: on("DONT_ACCEPT_TRUE_FOR_1"),
            dont_accept_blankline: on("DONT_ACCEPT_BLANKLINE"),
            normalize_whitespace: on("NORMALIZE_WHITESPACE"),
            ellipsis: on("ELLIPSIS"),
            skip: on("SKIP"),
            ignore_exception_detail: on("IGNORE_EXCEPTION_DETAIL"),
            fail_fast: on("FAIL_FAST"),
        }
    }
}
