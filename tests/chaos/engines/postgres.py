"""A PostgreSQL server of one's own."""

import os
import pathlib
import shutil
import subprocess

from ports import free_port
from waiting import wait_until

from .server import Server


class Postgres(Server):
    """A cluster of its own. PostgreSQL refuses to run as root, so as root it runs as `postgres`."""

    name = "postgres"

    def __init__(self, folder):
        self.folder, self.port = pathlib.Path(folder, "postgres"), free_port()
        self.settings = {"OTTER_SERVICE_STORE_URL": f"postgres://postgres@127.0.0.1:{self.port}/chaos"}
        versions = pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
        newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
        if newest is None:
            raise RuntimeError("there is no PostgreSQL server on this machine (Debian: apt-get install postgresql)")
        self.programs = newest.parent
        user = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
        self.as_user = ["setpriv", *(user if os.geteuid() == 0 else [])]

    def start(self):
        if not self.folder.exists():
            self.folder.mkdir()
            if os.geteuid() == 0:
                shutil.chown(self.folder, "postgres", "postgres")
            self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", f"--pgdata={self._data}")
            self.resume()
            self._run("createdb", *self._where, "chaos")
        else:
            self.resume()

    def resume(self):
        """Starts the server."""
        command = [*self.as_user, "--pdeathsig=INT", str(self.programs / "postgres"), "-D", self._data, "-p", str(self.port)]
        command += ["-k", str(self.folder), "-c", "listen_addresses=127.0.0.1", "-c", "logging_collector=on"]
        # A group of its own: Ctrl-C is for the run, which ends the server last.
        self.child = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL, start_new_session=True)
        ready = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until("PostgreSQL answers", lambda: subprocess.run(ready).returncode == 0)

    #: Connections break, and new ones are refused; the data stay.
    pause = Server.end

    def reports(self):
        return {key: int(n) for key, n in self._ask(
            "SELECT submission, count(*) FROM grading WHERE report IS NOT NULL GROUP BY submission")}

    def open_jobs(self):
        return dict(self._ask("SELECT submission, state FROM job WHERE state <> 'done'"))

    def _ask(self, query):
        text = self._run("psql", *self._where, "-At", "-F", " ", "-c", query, "chaos")
        return [line.split(" ") for line in text.splitlines()]

    @property
    def _data(self):
        return str(self.folder / "data")

    @property
    def _where(self):
        return ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres"]

    def _run(self, program, *arguments):
        command = [*self.as_user, str(self.programs / program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed ({done.returncode}): {done.stderr}")
        return done.stdout
