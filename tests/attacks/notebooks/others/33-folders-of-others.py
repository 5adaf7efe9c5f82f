# Attack 33: look at, change and fill folders of the host and of siblings, even those that everybody may write to.
# Defence: they do not exist here; without namespaces Landlock refuses them.
# reached without namespaces: to see a folder of the host, to touch a folder of the host

# %%
import pathlib
import shutil

folder = pathlib.Path(HOST["folder"])
ways = {
    "to list": lambda: list(folder.iterdir()),
    "to read": lambda: (folder / "secret.txt").read_text(),
    "to write": lambda: (folder / "new.txt").write_text("x"),
    "to append": lambda: (folder / "secret.txt").open("a").write("x"),
    "to make a folder": lambda: (folder / "sub").mkdir() or "made",
    "to make a link": lambda: (folder / "link").symlink_to("/etc/passwd") or "made",
    "to make a hard link": lambda: os.link(folder / "secret.txt", "stolen") or "made",
    "to rename": lambda: (folder / "secret.txt").rename(folder / "gone.txt"),
    "to move in": lambda: shutil.move("walks.csv", folder / "walks.csv"),
    "to remove": lambda: (folder / "secret.txt").unlink() or "removed",
    "to change the mode of": lambda: (folder / "secret.txt").chmod(0o777) or "changed",
    "to change the mode of the folder": lambda: folder.chmod(0o700) or "changed",
    "to give away": lambda: os.chown(folder / "secret.txt", os.getuid(), -1) or "given",
    "to touch": lambda: os.utime(folder / "secret.txt", (0, 0)) or "touched",
    "to truncate": lambda: os.truncate(folder / "secret.txt", 0) or "truncated",
    "to label": lambda: os.setxattr(folder / "secret.txt", "user.x", b"x") or "labelled",
    "to watch": lambda: libc.inotify_add_watch(libc.inotify_init(), str(folder).encode(), 0xFFF) > 0,
    "to make a pipe": lambda: os.mkfifo(folder / "pipe") or "made",
    "to make a device": lambda: os.mknod(folder / "device", 0o600 | 0o020000, os.makedev(1, 3)) or "made",
    "to see": lambda: (folder / "secret.txt").stat().st_size,
}
# Without namespaces the size and the dates of files can be seen, and dates changed where the user is the same: Landlock has
# no rule for `stat` and `utime`.
for name, way in ways.items():
    attempt(f"{name} a folder of the host", way)

# %%
for path in ("/etc/shadow", "/etc/passwd", "/root", "/home", "/usr/x", "/etc/x", "/x", sys.prefix + "/x", sys.base_prefix + "/x"):
    attempt(f"to write {path}", lambda: pathlib.Path(path).open("a") and "opened")
for path in ("/etc/shadow", "/root", "/root/.ssh", "/root/.bashrc", "/proc/1/environ"):
    attempt(f"to read {path}", lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())
for path in os.environ.get("PATH", "").split(":"):
    attempt(f"a program in {path}", lambda: pathlib.Path(path, "attack").write_text("x"))
