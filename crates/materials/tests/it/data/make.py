"""Makes the real zips of these tests: `python3 make.py`, then commit what it wrote. Needs Info-ZIP's `zip`."""

import io
import os
import pathlib
import subprocess
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
TEXT = b"print('otter')\n" * 40


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors, as it does to a pipe."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def otter():
    """As `otter generate` does it: stored, a mode of 0600 without a file type from writestr, no folders."""
    with zipfile.ZipFile(HERE / "otter.zip", "w") as z:
        z.writestr("otter_config.json", '{"show_stdout": true}')
        z.writestr("files/data.csv", "a,b\n1,2\n")
        z.writestr("tests/q1.py", TEXT)


def folders():
    """Folder entries, stored and deflated, an executable, a comment at the end, an empty file."""
    with zipfile.ZipFile(HERE / "folders.zip", "w") as z:
        z.comment = b"made for a test"
        z.writestr("lab/", b"")
        z.writestr("lab/empty.txt", b"")
        z.writestr("lab/stored.txt", TEXT)
        z.writestr("lab/deflated.txt", TEXT, zipfile.ZIP_DEFLATED)
        script = zipfile.ZipInfo("lab/run.sh")
        script.external_attr = 0o100755 << 16
        z.writestr(script, b"#!/bin/sh\n")
        z.writestr("lab/inner/", b"")


def streamed():
    with open(HERE / "streamed.zip", "wb") as file:
        with zipfile.ZipFile(Unseekable(file), "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("a.txt", TEXT)
            with z.open("b/c.txt", "w") as entry:
                entry.write(TEXT)
            z.writestr("stored.txt", TEXT, zipfile.ZIP_STORED)


def zip64():
    with zipfile.ZipFile(HERE / "zip64.zip", "w", zipfile.ZIP_DEFLATED) as z:
        with z.open("big.txt", "w", force_zip64=True) as entry:
            entry.write(TEXT)


def unicode():
    with zipfile.ZipFile(HERE / "unicode.zip", "w") as z:
        z.writestr("Données/mañana 水.txt", TEXT)


def infozip():
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/hw/figures")
        pathlib.Path(f"{folder}/hw/hw01.ipynb").write_bytes(TEXT)
        pathlib.Path(f"{folder}/hw/figures/é.txt").write_bytes(TEXT)
        (HERE / "infozip.zip").unlink(missing_ok=True)
        subprocess.run(["zip", "-qr", HERE / "infozip.zip", "hw"], cwd=folder, check=True)


for make in [otter, folders, streamed, zip64, unicode, infozip]:
    make()
