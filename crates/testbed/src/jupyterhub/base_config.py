"""What all hubs for tests have: any name with any password, `boss` is admin, and a service `probe` that may do much."""

import os
import secrets
from pathlib import Path

PORT = int(os.environ["TEST_HUB_PORT"])
STATE = Path(os.environ["TEST_HUB_STATE"])

c = get_config()  # noqa: F821
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 81}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.auth_token = secrets.token_hex()
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{STATE}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.CryptKeeper.keys = [bytes(32)]  # the same after a restart
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.enable_auth_state = True
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"boss"}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{STATE}/home/{{username}}"
c.JupyterHub.services = [{"name": "probe", "api_token": os.environ["TEST_HUB_PROBE"]}]
c.JupyterHub.load_roles = [
    {"name": "probe", "scopes": ["admin:users", "admin:servers", "tokens"], "services": ["probe"]}
]
