"""Stands where a managed service or a user's server would be: writes down what the hub tells it, and answers."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


told = {name: value for name, value in os.environ.items() if name.startswith("JUPYTERHUB_")}
name = told.get("JUPYTERHUB_SERVICE_NAME") or told["JUPYTERHUB_USER"]
written = Path(sys.argv[1]) / f"{name}.part"
written.write_text(json.dumps(told))
written.rename(written.with_suffix(".json"))
at = urlsplit(told["JUPYTERHUB_SERVICE_URL"])
HTTPServer((at.hostname, at.port), Answer).serve_forever()
