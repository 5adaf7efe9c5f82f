"""Starts the zygote: ``python -I otter_runner/__main__.py [PRELOAD_JSON]``, with the control socket as descriptor 3."""

import os
import sys

# A forked process has one thread; libraries must not wait for others that are gone.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

_kit = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, _kit)
from otter_runner import zygote  # noqa: E402

sys.path.remove(_kit)

if __name__ == "__main__":
    zygote.main(sys.argv[1:])
