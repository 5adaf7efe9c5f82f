"""The stores' engines: how they are started, put away and brought back, and what they hold when nobody helps reading.

Each has `settings` (variables of the service), `workers` (how many processes grade beside `serve`), `start`, `end`,
`pause` and `resume` (the store is away, and back), and `reports` and `open_jobs`, which look behind the service's back.
"""

from .firestore import Firestore
from .postgres import Postgres
from .sqlite import Sqlite

ENGINES = {engine.name: engine for engine in (Sqlite, Postgres, Firestore)}
