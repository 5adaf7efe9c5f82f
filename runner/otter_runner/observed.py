"""What a program can observe of the process that it runs in, and how to tell two such states apart.

An observer gives a dictionary from names to values. A value that differs afterwards, or is gone, is a change; a name
that is new is one only where the observer is in ADDITIONS_COUNT.
"""

import gc
import os
import re
import signal
import sys
import time

# The descriptor on which a fork of the trial speaks with its parent.
TALK = 30

# Traces of an import that nothing but the library that leaves them reads.
HARMLESS_VARIABLES = {
    # scikit-learn sets them for the OpenMP runtimes of Intel and LLVM.
    "KMP_DUPLICATE_LIB_OK",
    "KMP_INIT_AT_FORK",
}
# six finds only its own `six.moves` with it.
HARMLESS_FINDERS = {"_SixMetaPathImporter"}

ADDITIONS_COUNT = {
    "environment variable",
    "built-in name",
    "module search",
    "warning filter",
    "signal handler",
    "thread",
    "open file",
    "root log handler",
    "IPython",
}


def interpreter():
    import asyncio.events
    import locale
    import socket
    import threading

    mask = os.umask(0o077)
    os.umask(mask)
    policy = getattr(asyncio.events, "_event_loop_policy", None)
    smallest = sys.float_info.min / 2.0
    return {
        "working folder": os.getcwd(),
        "umask": mask,
        "locale": locale.setlocale(locale.LC_ALL),
        "time zone": (os.environ.get("TZ"), time.tzname),
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "flags": tuple(sys.flags),
        "warning options": tuple(sys.warnoptions),
        "byte code writing": (sys.dont_write_bytecode, sys.pycache_prefix),
        "default encoding": (sys.getdefaultencoding(), sys.getfilesystemencoding(), locale.getpreferredencoding(False)),
        "longest number": getattr(sys, "get_int_max_str_digits", int)(),
        "library loading flags": getattr(sys, "getdlopenflags", int)(),
        "garbage collection": (gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.callbacks)),
        "arithmetic of very small numbers": smallest > 0,
        "trace and profile": (sys.gettrace(), sys.getprofile()),
        "socket timeout": socket.getdefaulttimeout(),
        "event loop policy": type(policy).__name__,
        "thread stack": threading.stack_size(),
        "process start method": start_method(),
        "except hook": identity(sys.excepthook),
        "display hook": identity(sys.displayhook),
        "unraisable hook": identity(sys.unraisablehook),
        "thread except hook": identity(threading.excepthook),
        "breakpoint hook": identity(sys.breakpointhook),
        "import function": identity(__import__),
        "streams": (identity(sys.stdin), identity(sys.stdout), identity(sys.stderr)),
    }


def start_method():
    multiprocessing = sys.modules.get("multiprocessing")
    return multiprocessing.get_start_method(allow_none=True) if multiprocessing else None


def identity(thing):
    """Told by its name, compared by being the same object (a fork keeps addresses)."""
    return "%s at %x" % (getattr(thing, "__name__", type(thing).__name__), id(thing))


def environment_variables():
    return {name: value for name, value in os.environ.items() if name not in HARMLESS_VARIABLES}


def built_in_names():
    import builtins

    # `_` is the last output of an interactive session.
    return {name: identity(value) for name, value in vars(builtins).items() if name != "_"}


def module_search():
    finders = [finder for finder in sys.meta_path if type(finder).__name__ not in HARMLESS_FINDERS]
    found = {"path entry %d" % at: entry for at, entry in enumerate(sys.path)}
    found.update(("finder %d" % at, identity(finder)) for at, finder in enumerate(finders))
    found.update(("path hook %d" % at, identity(hook)) for at, hook in enumerate(sys.path_hooks))
    return found


def warning_filters():
    import warnings

    found = {
        "default action": warnings.defaultaction,
        "showing": identity(warnings.showwarning),
        "formatting": identity(warnings.formatwarning),
    }
    for action, message, category, module, line in warnings.filters:
        # One for a library's own warnings, or for a certain text or module, says nothing about others.
        if category.__module__ == "builtins" and message is None and module is None:
            found["%s:%s" % (category.__name__, line)] = action
    return found


def signal_handlers():
    found = {}
    for number in sorted(signal.valid_signals()):
        try:
            found[signal.Signals(number).name] = str(signal.getsignal(number))
        except ValueError:
            continue
    return found


def threads():
    try:
        return {"number": len(os.listdir("/proc/self/task"))}
    except OSError:
        import threading

        return {"number": threading.active_count()}


def open_files():
    found = {}
    for number in range(256):
        if number == TALK:
            continue
        try:
            status = os.fstat(number)
            found[str(number)] = (status.st_dev, status.st_ino)
        except OSError:
            continue
    return found


def logging_levels():
    import logging

    found = {"all": logging.root.manager.disable, "root": logging.root.level}
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            found[name] = (logger.level, logger.propagate, logger.disabled)
    return found


def root_log_handlers():
    import logging

    found = {"handler %d" % at: identity(handler) for at, handler in enumerate(logging.root.handlers)}
    found["class of loggers"] = identity(logging.getLoggerClass())
    found["level names"] = [logging.getLevelName(level) for level in range(0, 60, 10)]
    return found


def decimal_context():
    import decimal

    return {"context": repr(decimal.getcontext()), "default": repr(decimal.DefaultContext)}


def registries():
    import codecs
    import copyreg

    found = {"pickling of %s" % kind: identity(function) for kind, function in copyreg.dispatch_table.items()}
    for name in ("strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "surrogateescape"):
        found["handling of errors by %s" % name] = identity(codecs.lookup_error(name))
    for name in ("utf-8", "ascii", "latin-1", "utf-16"):
        found["codec %s" % name] = codecs.lookup(name).encode.__qualname__
    return found


def random_state():
    import hashlib
    import random

    found = {"random": hashlib.sha256(repr(random.getstate()).encode()).hexdigest()[:8]}
    if "numpy.random" in sys.modules:
        state = sys.modules["numpy.random"].get_state(legacy=False)
        key = state["state"].get("key", b"")
        found["numpy.random"] = hashlib.sha256(bytes(key) + repr(state["state"].get("pos")).encode()).hexdigest()[:8]
    return found


ALWAYS = {
    "interpreter": interpreter,
    "environment variable": environment_variables,
    "built-in name": built_in_names,
    "module search": module_search,
    "warning filter": warning_filters,
    "signal handler": signal_handlers,
    "thread": threads,
    "open file": open_files,
    "log level": logging_levels,
    "root log handler": root_log_handlers,
    "decimal context": decimal_context,
    "registry": registries,
    "random state": random_state,
}


def numpy_print_options(numpy):
    return numpy.get_printoptions()


def numpy_errors(numpy):
    return dict(numpy.geterr(), call=numpy.geterrcall(), buffer=numpy.getbufsize())


def pandas_options(_):
    found = {}

    def collect(options, prefix):
        for name, value in options.items():
            if isinstance(value, dict):
                collect(value, prefix + name + ".")
            else:
                found[prefix + name] = repr(value)

    collect(sys.modules["pandas._config.config"]._global_config, "")
    return found


def matplotlib_settings(matplotlib):
    # Past `rcParams[...]`, which chooses a backend when asked for it.
    return {name: repr(value) for name, value in dict.items(matplotlib.rcParams)}


def matplotlib_registries(matplotlib):
    converters = sys.modules["matplotlib.units"].registry
    found = {"converter of %s" % kind: type(value).__name__ for kind, value in converters.items()}
    for name, value in dict(getattr(matplotlib, "colormaps", {})).items():
        found["colour map %s" % name] = getattr(value, "name", "")
    style = sys.modules.get("matplotlib.style")
    for name, value in getattr(style, "library", {}).items():
        found["style %s" % name] = repr(dict(dict.items(value)))
    scale = sys.modules.get("matplotlib.scale")
    for name, value in getattr(scale, "_scale_mapping", {}).items():
        found["scale %s" % name] = value.__qualname__
    return found


def pyplot_state(pyplot):
    return {
        "interactive": pyplot.isinteractive(),
        "figures": pyplot.get_fignums(),
        "backend module": getattr(getattr(pyplot, "_backend_mod", None), "__name__", None),
    }


def sympy_printing(sympy):
    printing = sys.modules["sympy.printing"]
    settings = getattr(printing.printer.Printer, "_global_settings", None)
    return {"settings": repr(settings), "text of a symbol": str(sympy.Symbol("x") / 3)}


def plotly_state(_):
    io = sys.modules.get("plotly.io")
    return {"template": io.templates.default, "renderer": io.renderers.default} if io else {}


def seaborn_state(seaborn):
    return {"palette": repr(seaborn.color_palette()), "style": repr(seaborn.axes_style())}


def sklearn_settings(sklearn):
    return sklearn.get_config()


LIBRARIES = {
    "numpy print options": ("numpy", numpy_print_options),
    "numpy error handling": ("numpy", numpy_errors),
    "pandas option": ("pandas", pandas_options),
    "matplotlib setting": ("matplotlib", matplotlib_settings),
    "matplotlib registry": ("matplotlib.units", lambda _: matplotlib_registries(sys.modules["matplotlib"])),
    "pyplot": ("matplotlib.pyplot", pyplot_state),
    "sympy printing": ("sympy", sympy_printing),
    "plotly": ("plotly", plotly_state),
    "seaborn": ("seaborn", seaborn_state),
    "scikit-learn setting": ("sklearn", sklearn_settings),
}


def shell_state():
    """What a session of IPython has registered."""
    session = sys.modules["IPython"].get_ipython()
    if session is None:
        return {}
    magics = sorted(map(sorted, session.magics_manager.magics.values()))
    found = {"working names": sorted(session.user_ns), "magics": repr(magics)}
    for name, callbacks in session.events.callbacks.items():
        found["hooks %s" % name] = [identity(callback) for callback in callbacks]
    for kind, formatter in session.display_formatter.formatters.items():
        printers = [list(map(str, formatter.type_printers)), list(map(str, formatter.deferred_printers))]
        found["formatter of %s" % kind] = (formatter.enabled, printers)
    transformers = (session.input_transformers_cleanup, session.input_transformers_post, session.ast_transformers)
    found["transformers"] = [identity(one) for group in transformers for one in group]
    found["exceptions"] = repr(session.custom_exceptions)
    return found


# Their functions and classes must stay what they are.
LEANED_ON = set(
    """
    abc ast asyncio builtins codecs collections contextlib copy copyreg csv datetime decimal doctest enum fractions
    functools heapq inspect io itertools json linecache locale logging math numbers operator os pathlib pickle pprint
    random re reprlib statistics string subprocess sys textwrap threading time traceback types typing unittest warnings
    numpy pandas matplotlib IPython ipykernel traitlets nbformat otter
    """.split()
)


def definitions():
    """The functions and classes of the modules that every notebook leans on, so that one that is replaced is seen."""
    code, found = (type(identity), type(len), type), {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in LEANED_ON:
            continue
        for key, value in list(getattr(module, "__dict__", {}).items()):
            if not isinstance(value, code):
                continue
            found[name, key] = value
            if isinstance(value, type) and value.__module__ == name:
                for member, function in list(value.__dict__.items()):
                    if isinstance(function, code):
                        found[name, key, member] = function
    return found


def observe():
    found = {}
    for label, observer in ALWAYS.items():
        found[label] = readable(observer())
    if "IPython" in sys.modules:
        found["IPython"] = readable(shell_state())
    for label, (module, observer) in LIBRARIES.items():
        if module in sys.modules:
            try:
                found[label] = readable(observer(sys.modules[module]))
            except Exception:  # a version that keeps this elsewhere: then this one is not watched
                continue
    return found


def readable(values):
    return {str(name): str(value) for name, value in values.items()}


def changes(before, after):
    """One sentence for each observer that sees a difference; libraries that are new are not among them."""
    found = []
    for label in [*LIBRARIES, *before]:
        if label not in before or label not in after or any(one.startswith(label) for one in found):
            continue
        old, new = before[label], after[label]
        changed = [name for name in old if new.get(name) != old[name]]
        if changed:
            name = changed[0]
            found.append("%s changed: %s %s -> %s" % (label, name, short(old[name]), short(new.get(name, "gone"))))
        elif label in ADDITIONS_COUNT and len(new) > len(old):
            name = next(name for name in new if name not in old)
            found.append("%s added: %s" % (label, name if new[name] in name else "%s %s" % (name, short(new[name]))))
    return found


def short(text):
    text = re.sub(r" at [0-9a-f]{6,}", "", text)
    return text if len(text) <= 60 else text[:57] + "..."


def replaced(before, after):
    for place, old in before.items():
        if place in after and after[place] is not old:
            return ["%s is replaced" % ".".join(place)]
    return []
