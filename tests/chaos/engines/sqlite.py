"""SQLite: a file in the service's data folder."""

import pathlib
import sqlite3


class Sqlite:
    """A file in the service's data folder, and one process."""

    name, workers, settings = "sqlite", 0, {"OTTER_SERVICE_GRADING_JOBS": "2"}

    def __init__(self, folder):
        self.file = pathlib.Path(folder, "data/otter-service.sqlite")

    def start(self):
        pass

    end = start

    def reports(self):
        """Of each submission, how many gradings with a report there are."""
        return dict(self._ask("SELECT submission, count(*) FROM grading WHERE report IS NOT NULL GROUP BY submission"))

    def open_jobs(self):
        """Submissions whose job is not done, each with its state."""
        return dict(self._ask("SELECT submission, state FROM job WHERE state <> 'done'"))

    def _ask(self, query):
        connection = sqlite3.connect(self.file)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
