"""The hub of these tests: JupyterLab in users' servers, and the grading service, once managed and once external."""

import os
from pathlib import Path

load_subconfig(os.environ["TEST_HUB_BASE"])  # noqa: F821
c = get_config()  # noqa: F821
PORT = int(os.environ["TEST_HUB_PORT"])
STATE = Path(os.environ["TEST_HUB_STATE"])
STAFF = "custom:otter_grade:staff"

c.JupyterHub.cleanup_proxy = False  # it is looked at how the service does without the hub
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = 120  # JupyterLab, started for the first time, beside other work
c.Spawner.args = ["--allow-root"]
# A server's variables are written down, for a test that does as a notebook in it would. Where no page of it is opened,
# something small does in its place.
lab = 'exec jupyterhub-singleuser "$@"'
small = 'port=${JUPYTERHUB_SERVICE_URL##*:}; exec python3 -m http.server --bind 127.0.0.1 "${port%%/*}"'
server = lab if os.environ["TEST_HUB_PAGES"] == "lab" else small
c.Spawner.cmd = ["sh", "-c", f'printenv >"$0/$JUPYTERHUB_USER.env"; {server}', str(STATE)]

if "TEST_HUB_LTI" in os.environ:  # people come from a learning platform only
    c.JupyterHub.authenticator_class = "ltiauthenticator.lti11.auth.LTI11Authenticator"
    key, secret = os.environ["TEST_HUB_LTI"].split(":")
    c.LTI11Authenticator.consumers = {key: secret}
    c.LTI11Authenticator.username_key = "user_id"

config = STATE / "managed/otter-service.toml"
managed = {
    "name": "otter_managed",
    "url": f"http://127.0.0.1:{PORT + 3}",
    "command": [os.environ["TEST_HUB_PROGRAM"], "serve", "--config", str(config)],
    "oauth_no_confirm": True,
}
grading = {
    "name": "otter_grade",
    "url": f"http://127.0.0.1:{PORT + 2}",
    "api_token": "external-0123456789abcdef",
    "oauth_no_confirm": True,
}
c.JupyterHub.services += [managed, grading]
users = {"instructors": ["prof"], "data-101-staff": ["ta"]}
c.JupyterHub.load_groups = {group: {"users": members} for group, members in users.items()}

roles = c.JupyterHub.load_roles
if list(STATE.glob("*.snippet")):
    roles += [
        # Teachers may look over a student's shoulder.
        {"name": "helpers", "scopes": ["access:servers", "list:users"], "groups": ["instructors"]},
        {"name": "users-of-the-managed", "scopes": ["access:services!service=otter_managed"], "groups": ["managed"]},
    ]
    c.JupyterHub.load_groups["managed"] = {"users": ["ada"]}
# What operators are told to add is added, each alone.
for snippet in sorted(STATE.glob("*.snippet")):
    exec(snippet.read_text())
    roles += c.JupyterHub.load_roles
    if STAFF in snippet.read_text():
        grading["oauth_client_allowed_scopes"] = [STAFF]
c.JupyterHub.load_roles = roles
