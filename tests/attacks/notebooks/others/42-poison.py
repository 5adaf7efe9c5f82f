# Attack 42: leave something for the next submission: compiled modules, start-up files, caches of fonts, packages.
# Defence: the environment cannot be written, everything else is thrown away.
# before: poisoned

# %%
import importlib.util
import pathlib
import shutil
import site
import subprocess

POISON = "import builtins; builtins.poisoned = True\n"


def poison_compiled(module):
    source = importlib.util.find_spec(module).origin
    compiled = importlib.util.cache_from_source(source)
    pathlib.Path(compiled).write_bytes(b"poison")
    return compiled


def poison(path):
    path = pathlib.Path(path).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(POISON)
    return str(path)


for module in ("json", "numpy", "otter", "IPython", "csv", "otter.check.notebook"):
    attempt(f"the compiled {module}", lambda: poison_compiled(module))
    attempt(f"the source of {module}", lambda: poison(importlib.util.find_spec(module).origin))
for folder in {*site.getsitepackages(), sys.prefix, *(path for path in sys.path if path and path != os.getcwd())}:
    if folder != os.path.realpath(os.getcwd()):
        attempt(f"a start-up file in {folder}", lambda: poison(f"{folder}/poison.pth"))
        attempt(f"a module in {folder}", lambda: poison(f"{folder}/usercustomize.py"))

# %%
# These may be written: they are this job's own. The next one looks for them.
for path in ("~/.ipython/profile_default/startup/00.py", "~/.pythonrc.py", "~/.config/matplotlib/matplotlibrc", "~/.cache/matplotlib/fontlist.json", "/tmp/poison", "/dev/shm/poison", "/var/tmp/poison", "./sitecustomize.py", "./numpy.py", "./otter.py", "./csv.py", "walks.csv"):
    try:
        poison(path)
    except OSError:
        pass
for command in ("install --no-index --target . otter-grader", "uninstall -y numpy", "install poison"):
    subprocess.run([sys.executable, "-m", "pip", *command.split()], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
attempt("to remove a package", lambda: shutil.rmtree(os.path.dirname(np.__file__)) or "removed")


# %%
# In memory: nothing of this may be in the zygote.
import builtins

builtins.poisoned = True
sys.modules["csv"] = sys.modules["poison"] = sys
np.mean = lambda values: 1.0
np.set_printoptions(legacy="1.13")
otter.Notebook.check = None
os.environ["POISON"] = "1"
libc.setenv(b"POISON", b"1", 1)
libc.signal(15, 1)
