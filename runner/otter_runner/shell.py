"""The shell that runs cells: to a notebook it looks and behaves like ipykernel's."""

import contextlib
import inspect
import io
import os
import re
import subprocess
import sys

from IPython.core.autocall import ZMQExitAutocall
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.events import EventManager
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any, CBool, Instance, Type, default
from traitlets.config import Config

from .outputs import Outputs, Stream

PACKAGES = "The packages of this environment are installed by the course; the command was not run."
PACKAGE_COMMAND = re.compile(
    r"\s*(?:\S*python[\d.]*\s+-m\s+)?(?:\S*/)?(?:(?:uv\s+)?pip[\d.]*|conda|mamba|micromamba)\s"
    r"(?:\S+\s)*?(?:install|uninstall|remove|update|upgrade|create)\b"
)
LONG_FILE = 1000
PACKAGE_MAGICS = ("pip", "conda", "mamba", "micromamba", "uv")


class Result(DisplayHook):
    """Keeps the value of a cell's last expression."""

    outputs = Any()
    data = None

    def start_displayhook(self):
        self.data = None

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.data, self.metadata = format_dict, md_dict

    def finish_displayhook(self):
        if self.data:
            self.outputs.result(self.prompt_count, self.data, self.metadata)
        self.data = None


class Publisher(DisplayPublisher):
    """Keeps what is displayed."""

    outputs = Any()

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        if update:
            self.outputs.update(data, metadata, display_id)
        else:
            self.outputs.display(data, metadata, display_id)

    def clear_output(self, wait=False):
        self.outputs.clear(wait)


class Events(EventManager):
    """Does not let pyplot draw every figure when a cell ends: it is drawn again right after, when it is shown."""

    def register(self, event, function):
        if not redraws(function):
            super().register(event, function)

    def unregister(self, event, function):
        if not redraws(function):
            super().unregister(event, function)


def redraws(function):
    return getattr(function, "__name__", "") in ("_draw_all_if_interactive", "post_execute") and (
        getattr(function, "__module__", "") == "matplotlib.pyplot"
    )


class Kernel:
    """As much of a kernel as code in notebooks asks for."""

    def __init__(self, shell):
        self.shell = shell

    def get_parent(self, channel=None):
        return {}


class ZMQInteractiveShell(InteractiveShell):
    """Runs cells and keeps their outputs."""

    displayhook_class = Type(Result)
    display_pub_class = Type(Publisher)
    kernel = Any()
    outputs = Any()
    readline_use = CBool(False)
    autoindent = CBool(False)
    exiter = Instance(ZMQExitAutocall)
    keepkernel_on_exit = None

    @default("exiter")
    def _default_exiter(self):
        return ZMQExitAutocall(self)

    def ask_exit(self):
        """The notebook goes on."""

    def set_next_input(self, text, replace=False):
        """There is no front end with a next input."""

    def enable_gui(self, gui=None):
        """Plots are shown when a cell ends; there is no other front end."""

    def init_events(self):
        super().init_events()
        self.events.__class__ = Events

    def init_environment(self):
        """The zygote has set it."""

    def showtraceback(self, *args, **kwargs):
        with quick_getmodule():
            super().showtraceback(*args, **kwargs)

    def _format_exception_for_storage(self, exception, filename=None, running_compiled_code=False):
        """Newer versions keep what every cell raised, formatted a second time, for a history that is not kept here."""
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}

    def _showtraceback(self, etype, evalue, stb):
        try:
            value = str(evalue)
        except Exception:
            value = ""
        self.outputs.error(str(etype.__name__), value, stb)

    def system_piped(self, cmd):
        """Runs a ``!`` command; what it prints is the cell's."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        command = self.var_expand(cmd, depth=1)
        self.user_ns["_exit_code"] = self._refuses(command) or run(command)

    system = system_piped

    def getoutput(self, cmd, split=True, depth=0):
        if self._refuses(self.var_expand(cmd, depth=depth + 1)):
            cmd = "false"
        return super().getoutput(cmd, split=split, depth=depth + 1)

    def _refuses(self, command):
        """Says why a command that changes packages is not run, and gives its exit code."""
        if PACKAGE_COMMAND.match(command):
            print(PACKAGES)
            return 1
        return 0


# Libraries ask what they are running in by these names.
ZMQInteractiveShell.__module__ = "ipykernel.zmqshell"


@contextlib.contextmanager
def quick_getmodule():
    """IPython asks for the module of every frame of a traceback, and Python looks through all modules for each that a
    cell's code is in. It is in none."""
    genuine = inspect.getmodule

    def getmodule(object, _filename=None):
        code = getattr(object, "f_code", object)
        if getattr(code, "co_filename", "").startswith("<ipython-input-"):
            return None
        return genuine(object, _filename)

    inspect.getmodule = getmodule
    try:
        yield
    finally:
        inspect.getmodule = genuine


def run(command):
    """Runs a command of the system's shell and prints what it prints; its exit code, or minus its signal."""
    process = subprocess.Popen(
        command,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        with process.stdout as printed:
            while True:
                text = printed.read1(65536)
                if not text:
                    break
                sys.stdout.write(text.decode("utf-8", "replace"))
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        print("^C")
        return -2


def raw_input(prompt=""):
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )


def get_password(prompt="", stream=None):
    raise StdinNotImplementedError(
        "getpass was called, but this frontend does not support input requests."
    )


def make():
    """The shell for the next job. A first one is used up to get everything warm."""
    skim_long_files()
    warm = instance()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for code in ("1 + 1", "%time print(1)", "1 / 0", "(", "await None"):
            warm.run_cell(code)
    ZMQInteractiveShell.clear_instance()
    return instance()


def skim_long_files():
    """Tracebacks mark the expression that failed. For that a library's whole file is parsed, for seconds if it is long;
    lines of such files are shown unmarked."""
    try:
        from executing.executing import Source
    except ImportError:
        # Older versions of IPython have no marks.
        return
    parse = Source.__init__

    def __init__(self, filename, lines):
        if len(lines) <= LONG_FILE:
            parse(self, filename, lines)
            return
        # What cannot be parsed is shown as lines.
        parse(self, filename, ["("])
        self.lines, self.text = [line.rstrip("\n") for line in lines], "".join(lines)

    Source.__init__ = __init__


def instance():
    config = Config()
    config.HistoryManager.enabled = False
    # Tracebacks are shown on pages and in terminals, and highlighting costs as much as they do.
    config.InteractiveShell.colors = "nocolor"
    # tqdm looks for it to tell a notebook from a terminal.
    config.IPKernelApp.tqdm = ""
    shell = ZMQInteractiveShell.instance(config=config, user_ns={})
    outputs = Outputs()
    shell.kernel = Kernel(shell)
    shell.outputs = shell.displayhook.outputs = shell.display_pub.outputs = outputs
    for name in PACKAGE_MAGICS:
        shell.register_magic_function(lambda line: print(PACKAGES), "line", name)
    try:
        shell.extension_manager.load_extension("storemagic")
    except Exception:
        # Some versions want a writable profile for it; %store is rare.
        pass
    return shell


def streams(outputs):
    """What stands for the standard streams."""
    return Stream("stdout", outputs), Stream("stderr", outputs)
