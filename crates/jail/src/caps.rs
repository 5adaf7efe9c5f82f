//! Capabilities: all given up.

use std::io;

use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_capabilities_secure_bits,
};

use crate::sys;

/// `PR_CAPBSET_READ`, which says whether the kernel knows a capability at all.
const LAST: u64 = 63;

/// Nothing that is exec'd from here on gains a capability, whatever file it is and whoever owns it.
pub(crate) fn drop_bounding_set() -> io::Result<()> {
    for number in 0..=LAST {
        if sys::prctl(libc::PR_CAPBSET_READ, number).is_err() {
            break;
        }
        let one = CapabilitySet::from_bits_retain(1 << number);
        remove_capability_from_bounding_set(one)?;
    }
    Ok(())
}

/// This process has none any more, and nothing gives it any.
pub(crate) fn drop_all() -> io::Result<()> {
    drop_bounding_set()?;
    set_capabilities_secure_bits(
        CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED,
    )?;
    clear()
}

/// This process has none any more. Enough for one that never had the right to keep others from regaining them.
pub(crate) fn clear() -> io::Result<()> {
    clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    Ok(set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?)
}

/// Whether this process may measure those of other users. Containers often do not give even root that right.
pub(crate) fn may_measure() -> bool {
    capabilities(None).is_ok_and(|sets| sets.permitted.contains(CapabilitySet::SYS_PTRACE))
}

/// This process may end processes and remove files of other users, and measure them if it could, and nothing else.
pub(crate) fn only_clean_up() -> io::Result<()> {
    clear_ambient_capability_set()?;
    let wanted = CapabilitySet::KILL | CapabilitySet::DAC_OVERRIDE | CapabilitySet::SYS_PTRACE;
    let some = wanted & capabilities(None)?.permitted;
    let none = CapabilitySet::empty();
    Ok(set_capabilities(None, CapabilitySets { effective: some, permitted: some, inheritable: none })?)
}
