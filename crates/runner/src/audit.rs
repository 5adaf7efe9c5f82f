//! Nobody else listens to the interpreter's audit events.
//!
//! An audit hook of the student's would be called with the code of each test, and Python cannot remove one again.

#![expect(unsafe_code, reason = "audit hooks are set through CPython's C interface")]

use std::ffi::{CStr, c_char, c_int, c_void};

use pyo3::{exceptions::PyRuntimeError, ffi, prelude::*};

type Hook = unsafe extern "C" fn(*const c_char, *mut ffi::PyObject, *mut c_void) -> c_int;

// Not in the stable interface, but exported with this signature by every CPython from 3.8 on.
unsafe extern "C" {
    fn PySys_AddAuditHook(hook: Hook, data: *mut c_void) -> c_int;
}

unsafe extern "C" fn refuse(event: *const c_char, _: *mut ffi::PyObject, _: *mut c_void) -> c_int {
    // SAFETY: CPython passes the event's name as a C string that lives for the call.
    if unsafe { CStr::from_ptr(event) } != c"sys.addaudithook" {
        return 0;
    }
    // SAFETY: audit events are raised with the interpreter attached. Both pointers are valid: the exception's class
    // lives as long as the interpreter, the text is static.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_RuntimeError, c"audit hooks are not available here".as_ptr()) };
    -1
}

/// Lets `sys.addaudithook` do nothing from now on: Python drops the new hook without a word when one that is there
/// answers with a `RuntimeError`.
pub(crate) fn refuse_hooks() -> PyResult<()> {
    // SAFETY: the hook is a function with the signature that CPython asks for, and needs no data.
    if unsafe { PySys_AddAuditHook(refuse, std::ptr::null_mut()) } == 0 {
        Ok(())
    } else {
        Err(PyRuntimeError::new_err("the audit hook could not be set"))
    }
}
