"""A hub for tests: a grading service that is managed and one that is not, launches, and nothing in users' servers."""

import os
import sys
from pathlib import Path

from jupyterhub.auth import DummyAuthenticator

PORT = int(os.environ["TEST_HUB_PORT"])
STATE = Path(os.environ["TEST_HUB_STATE"])
PLACEHOLDER = [sys.executable, os.environ["TEST_HUB_PLACEHOLDER"], str(STATE)]
STAFF = "custom:otter_grade:staff"

LAUNCHES = {
    "ada": {
        "lis_outcome_service_url": "https://edx.example/a+b@c/outcome_service_handler",
        "lis_result_sourcedid": "course-v1%3Aa+b:edx.example-c:ada",
        "lti13_ags": {"lineitem": None, "token_url": "https://lms.example/token", "client_id": "c", "sub": "u-1"},
        "lti13_ags_lineitems": {"tree/lab%2001.ipynb": "https://lms.example/li/2"},
    },
}


class Launching(DummyAuthenticator):
    """Knows for some users what their learning platform said, as ltiauthenticator does."""

    async def authenticate(self, handler, data):
        return {"name": data["username"], "auth_state": LAUNCHES.get(data["username"])}


load_subconfig(os.environ["TEST_HUB_BASE"])  # noqa: F821
c = get_config()  # noqa: F821
c.JupyterHub.authenticator_class = Launching
c.Spawner.cmd = PLACEHOLDER
grading = {"name": "otter_grade", "url": f"http://127.0.0.1:{PORT + 2}", "api_token": "external-0123456789abcdef",
           "oauth_no_confirm": True}
c.JupyterHub.services += [
    grading,
    {"name": "otter_managed", "url": f"http://127.0.0.1:{PORT + 3}", "command": PLACEHOLDER},
]
c.JupyterHub.load_groups = {"instructors": {"users": ["prof"]}}
roles = c.JupyterHub.load_roles
# What the service tells operators to add is added, each alone, as an operator would.
for snippet in sorted(STATE.glob("*.snippet")):
    exec(snippet.read_text())
    roles += c.JupyterHub.load_roles
    if STAFF in snippet.read_text():
        grading["oauth_client_allowed_scopes"] = [STAFF]
c.JupyterHub.load_roles = roles
