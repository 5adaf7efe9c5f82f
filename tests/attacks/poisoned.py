# A submission after one that has left poison: it looks for it.

# %%
import builtins
import os
import sys

import csv
import numpy

paths = """~/.ipython/profile_default/startup/00.py ~/.pythonrc.py ~/.config/matplotlib/matplotlibrc
    ~/.cache/matplotlib/fontlist.json /tmp/poison /dev/shm/poison /var/tmp/poison ./sitecustomize.py ./numpy.py""".split()
signs = {
    "files": [path for path in paths if os.path.exists(os.path.expanduser(path))],
    "modules": [name for name in ("poison", "usercustomize") if name in sys.modules],
    "builtins": getattr(builtins, "poisoned", None),
    "variables": os.environ.get("POISON"),
    "numpy": numpy.get_printoptions()["legacy"] or numpy.mean([1.0]) != 1.0,
    "csv": csv is sys,
}
for name, sign in signs.items():
    print("REACHED: poison in" if sign else "refused: poison in", name, sign)
