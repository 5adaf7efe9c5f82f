"""Answers `{"want", "got", "flags"}` with whether CPython's doctest takes the one for the other."""

import doctest
import json
import sys

for line in sys.stdin:
    asked = json.loads(line)
    flags = 0
    for name in asked["flags"]:
        flags |= doctest.OPTIONFLAGS_BY_NAME[name]
    matches = doctest.OutputChecker().check_output(asked["want"], asked["got"], flags)
    print(json.dumps(bool(matches)), flush=True)
