"""A small disk that can be full. Its mount is seen by this process and its children only, and goes with them."""

import os
import shutil
import subprocess
import sys

SIZE_MIB = 96
INSIDE = "OTTER_CHAOS_MOUNTS"


def enter_own_mounts():
    """Starts this program anew where its mounts are its own."""
    if os.geteuid() != 0:
        sys.exit("disk-full mounts a small disk, which needs root")
    if os.environ.get(INSIDE) != str(os.getpid()):
        # unshare becomes the program itself, with the same process id.
        os.environ[INSIDE] = str(os.getpid())
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


def mount(folder):
    folder.mkdir(mode=0o711)
    options = f"size={SIZE_MIB}m,mode=0711"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "otter-chaos", folder], check=True)


def unmount(folder):
    """What is on the disk stays, in a folder with the same name."""
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept, symlinks=True)
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()
    kept.rename(folder)


def fill(folder):
    with open(_filler(folder), "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def free(folder):
    _filler(folder).unlink()


def _filler(folder):
    return folder / "filler"
