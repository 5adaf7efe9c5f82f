//! Parts of Python as they were before any code of a student ran.
//!
//! Evaluation uses these objects and nothing that it would have to look up by name: names can be patched.

#![expect(unsafe_code, reason = "the entries of `sys` are set past the module object, which may be patched")]

use std::ffi::CStr;

use pyo3::{
    exceptions::PyRuntimeError,
    ffi, intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyList, PyTuple},
};

static GENUINE: PyOnceLock<Genuine> = PyOnceLock::new();

/// What was captured in the zygote.
pub(crate) struct Genuine {
    compile: Py<PyAny>,
    exec: Py<PyAny>,
    builtins: Py<PyDict>,
    displayhook: Py<PyAny>,
    settrace: Py<PyAny>,
    setprofile: Py<PyAny>,
    monitoring: Option<Monitoring>,
    /// `io.StringIO`, and its `getvalue`, `seek` and `truncate`.
    string_io: Py<PyAny>,
    getvalue: Py<PyAny>,
    seek: Py<PyAny>,
    truncate: Py<PyAny>,
    /// Name, feature and compiler flag of what can be imported from `__future__`.
    future: Vec<(String, Py<PyAny>, u32)>,
    /// See [`crate::zygote::prepare`].
    pub(crate) format_exception_only: Py<PyAny>,
    pub(crate) whole_message: bool,
    display_formatter: Py<PyAny>,
    pub(crate) across_fork: AcrossFork,
}

/// `sys.monitoring`, from Python 3.12 on.
struct Monitoring {
    set_events: Py<PyAny>,
    get_tool: Py<PyAny>,
}

/// State that Python changes in a forked child, but that a snapshot must have unchanged.
pub(crate) struct AcrossFork {
    /// The generator behind the functions of `random`, and `getstate` and `setstate` of its C class.
    random: Option<[Py<PyAny>; 3]>,
    /// Getter and setter of the running event loop.
    running_loop: Option<[Py<PyAny>; 2]>,
}

/// What [`AcrossFork::save`] saved.
pub(crate) struct Saved<'py> {
    random: Option<(Bound<'py, PyAny>, Option<Bound<'py, PyAny>>)>,
    running_loop: Option<Bound<'py, PyAny>>,
}

impl Genuine {
    /// Captures everything. Call it once, before any foreign code runs.
    pub(crate) fn capture(
        py: Python<'_>,
        format_exception_only: Bound<'_, PyAny>,
        whole_message: bool,
        display_formatter: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (sys, builtins) = (py.import("sys")?, py.import("builtins")?);
        let string_io = py.import("io")?.getattr("StringIO")?;
        let genuine = Self {
            compile: builtins.getattr("compile")?.unbind(),
            exec: builtins.getattr("exec")?.unbind(),
            builtins: builtins.dict().copy()?.unbind(),
            displayhook: sys.getattr("__displayhook__")?.unbind(),
            settrace: sys.getattr("settrace")?.unbind(),
            setprofile: sys.getattr("setprofile")?.unbind(),
            monitoring: Monitoring::capture(&sys)?,
            getvalue: string_io.getattr("getvalue")?.unbind(),
            seek: string_io.getattr("seek")?.unbind(),
            truncate: string_io.getattr("truncate")?.unbind(),
            string_io: string_io.unbind(),
            future: future_features(py)?,
            format_exception_only: format_exception_only.unbind(),
            whole_message,
            display_formatter: display_formatter.unbind(),
            across_fork: AcrossFork::capture(py)?,
        };
        GENUINE.set(py, genuine).map_err(|_| PyRuntimeError::new_err("everything was captured before"))
    }

    /// What was captured.
    pub(crate) fn get(py: Python<'_>) -> PyResult<&Self> {
        GENUINE.get(py).ok_or_else(|| PyRuntimeError::new_err("nothing was captured"))
    }

    /// Compiles a source without what the code around it imported from `__future__`.
    pub(crate) fn compile<'py>(
        &self,
        py: Python<'py>,
        source: &str,
        name: &str,
        mode: &str,
        flags: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.compile.bind(py).call1((source, name, mode, flags, true))
    }

    /// Runs compiled code.
    pub(crate) fn exec(
        &self,
        py: Python<'_>,
        code: &Bound<'_, PyAny>,
        globals: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        self.exec.bind(py).call1((code, globals)).map(drop)
    }

    /// Today's builtins, but where one was replaced the genuine one.
    pub(crate) fn builtins<'py>(
        &self,
        py: Python<'py>,
        today: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let genuine = self.builtins.bind(py);
        let today = match today {
            Some(module) if module.is_instance_of::<PyModule>() => {
                module.getattr("__dict__")?.cast_into::<PyDict>().ok()
            }
            Some(other) => other.cast::<PyDict>().ok().cloned(),
            None => None,
        };
        let Some(today) = today else { return genuine.copy() };
        let all = today.copy()?;
        all.update(genuine.as_mapping())?;
        Ok(all)
    }

    /// The compiler flags for the features that a namespace has imported from `__future__`, as doctest finds them.
    pub(crate) fn future_flags(&self, globals: &Bound<'_, PyDict>) -> PyResult<u32> {
        let mut flags = 0;
        for (name, feature, flag) in &self.future {
            if globals.get_item(name)?.is_some_and(|value| value.is(feature)) {
                flags |= flag;
            }
        }
        Ok(flags)
    }

    /// Lets `display` show nothing from now on, as otter-grader does while it tests.
    pub(crate) fn hide_displays(&self, py: Python<'_>) -> PyResult<()> {
        self.display_formatter.bind(py).setattr(intern!(py, "formatters"), PyDict::new(py))
    }

    /// An empty text file in memory.
    pub(crate) fn text_file<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.string_io.bind(py).call0()
    }

    /// Takes out of such a file what was written to it.
    pub(crate) fn take<'py>(&self, file: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = file.py();
        let text = self.getvalue.bind(py).call1((file,))?;
        self.seek.bind(py).call1((file, 0))?;
        self.truncate.bind(py).call1((file,))?;
        Ok(text)
    }

    /// Lets everything that is printed go to these files, as plain Python prints it, and nobody watch.
    pub(crate) fn redirect(&self, stdout: &Bound<'_, PyAny>, stderr: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = stdout.py();
        set_in_sys(c"stdout", stdout)?;
        set_in_sys(c"stderr", stderr)?;
        set_in_sys(c"displayhook", self.displayhook.bind(py))?;
        self.settrace.bind(py).call1((py.None(),))?;
        self.setprofile.bind(py).call1((py.None(),))?;
        self.monitoring.as_ref().map_or(Ok(()), |monitoring| monitoring.stop(py))
    }
}

fn set_in_sys(name: &CStr, value: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: the interpreter is attached, the name is a C string, and the object is alive; `sys` takes a reference of
    // its own.
    if unsafe { ffi::PySys_SetObject(name.as_ptr(), value.as_ptr()) } == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(value.py()))
    }
}

fn future_features(py: Python<'_>) -> PyResult<Vec<(String, Py<PyAny>, u32)>> {
    let future = py.import("__future__")?;
    let names = future.getattr("all_feature_names")?.cast_into::<PyList>()?;
    let feature = |name: Bound<'_, PyAny>| {
        let name: String = name.extract()?;
        let feature = future.getattr(name.as_str())?;
        let flag = feature.getattr("compiler_flag")?.extract()?;
        Ok((name, feature.unbind(), flag))
    };
    names.iter().map(feature).collect()
}

impl Monitoring {
    fn capture(sys: &Bound<'_, PyModule>) -> PyResult<Option<Self>> {
        let Ok(monitoring) = sys.getattr("monitoring") else { return Ok(None) };
        let part = |name| Ok::<_, PyErr>(monitoring.getattr(name)?.unbind());
        Ok(Some(Self { set_events: part("set_events")?, get_tool: part("get_tool")? }))
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        // CPython has six places for tools.
        for tool in 0..6 {
            if !self.get_tool.bind(py).call1((tool,))?.is_none() {
                self.set_events.bind(py).call1((tool, 0))?;
            }
        }
        Ok(())
    }
}

impl AcrossFork {
    fn capture(py: Python<'_>) -> PyResult<Self> {
        let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
        let part = |module: &Bound<'_, PyAny>, name| Ok::<_, PyErr>(module.getattr(name)?.unbind());
        let random = match modules.get_item("random")? {
            Some(random) => {
                let class = py.import("_random")?.getattr("Random")?;
                Some([part(&random, "_inst")?, part(&class, "getstate")?, part(&class, "setstate")?])
            }
            None => None,
        };
        let running_loop = match modules.get_item("_asyncio")? {
            Some(asyncio) => {
                Some([part(&asyncio, "_get_running_loop")?, part(&asyncio, "_set_running_loop")?])
            }
            None => None,
        };
        Ok(Self { random, running_loop })
    }

    /// Before the fork.
    pub(crate) fn save<'py>(&self, py: Python<'py>) -> PyResult<Saved<'py>> {
        let random = match &self.random {
            Some([generator, getstate, _]) => {
                let generator = generator.bind(py);
                Some((
                    getstate.bind(py).call1((generator,))?,
                    generator.getattr(intern!(py, "gauss_next")).ok(),
                ))
            }
            None => None,
        };
        let running_loop = match &self.running_loop {
            Some([get, _]) => Some(get.bind(py).call0()?),
            None => None,
        };
        Ok(Saved { random, running_loop })
    }

    /// In the child.
    pub(crate) fn restore(&self, saved: Saved<'_>) -> PyResult<()> {
        if let (Some([generator, _, setstate]), Some((state, gauss_next))) = (&self.random, saved.random) {
            let (py, generator) = (state.py(), generator.bind(state.py()));
            setstate.bind(py).call1(PyTuple::new(py, [generator, &state])?)?;
            if let Some(gauss_next) = gauss_next {
                generator.setattr(intern!(py, "gauss_next"), gauss_next)?;
            }
        }
        if let (Some([_, set]), Some(running_loop)) = (&self.running_loop, saved.running_loop)
            && !running_loop.is_none()
        {
            set.bind(running_loop.py()).call1((running_loop,))?;
        }
        Ok(())
    }
}
