# Attack 41: search one's own memory, which is a copy of the zygote's, for hidden tests and other submissions.
# Defence: the zygote never holds either.
# after: victim

# %%
import hashlib
import re

# The rest of each marker is known only by its hash: what this search itself has in memory is not taken for a find.
MARKERS = {b"hidden-mar": (5, "919a4a0403aca6970d5d0727ad8aa56c59aed5846ee0f2a1d82affb6c1405063"), b"victim-": (4, "cfb7ec633e51da415f95da627b92cf20d98b557b79c450ba23492b6182521e31")}


def digest(text):
    return hashlib.sha256(text).hexdigest()


def search():
    found = []
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        for line in open("/proc/self/maps").read().splitlines():
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if line.split()[1][0] != "r" or "[v" in line or end - start > 1 << 30:
                continue
            memory.seek(start)
            try:
                text = memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue
            for first, (length, wanted) in MARKERS.items():
                for match in re.finditer(re.escape(first), text):
                    rest = text[match.end() : match.end() + length]
                    if digest(rest) == wanted:
                        found.append((line.split()[-1], first))
    return found


attempt("markers in memory", search)
