import hashlib, json, os, platform, sys, sysconfig
from importlib.metadata import version, PackageNotFoundError

packages = {}
for name in ("otter-grader", "ipykernel", "nbconvert"):
    try:
        packages[name] = version(name)
    except PackageNotFoundError:
        packages[name] = None

# The packages and their versions, by the folders that describe them, and when they were last installed.
installed = hashlib.sha256()
elsewhere = []
for folder in sys.path:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        continue
    for entry in entries:
        if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")):
            installed.update(("%s %d\n" % (entry.name, entry.stat().st_mtime_ns)).encode())
        if entry.name.endswith(".pth"):
            # Packages that are elsewhere; in the jail, Python may not see their folders yet and passes over them.
            with open(entry.path, errors="replace") as lines:
                elsewhere += [line.strip() for line in lines if line.startswith("/")]

real = os.path.realpath(sys.executable)
folders = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), os.path.dirname(real)]
folders += sys.path + elsewhere
folders += [sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")]
if sysconfig.get_config_var("Py_ENABLE_SHARED"):
    folders.append(sysconfig.get_config_var("LIBDIR"))

print(json.dumps({
    "python": platform.python_version(),
    "packages": packages,
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "folders": [folder for folder in folders if folder],
    "installed": installed.hexdigest(),
}))
