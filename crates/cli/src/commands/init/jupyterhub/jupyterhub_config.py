# To be added to jupyterhub_config.py: otter-service as a service that the hub starts and stops.

c.JupyterHub.services.append(
    {
        "name": "otter_grade",
        # Loopback: the hub's proxy brings what comes to /services/otter_grade/.
        "url": "http://127.0.0.1:10101",
        "command": ["otter-service", "serve"],
        # The folder of otter-service.toml and courses.yaml, with an absolute path.
        "cwd": "/etc/otter-service",
        # The hub hands over only a few of its own variables, so secrets are better named in otter-service.toml.
        "environment": {},
        # No question whether the service may know who one is: the Submit button could not show it.
        "oauth_no_confirm": True,
        # Lets the service know who has the scope that makes staff, below.
        "oauth_client_allowed_scopes": ["custom:otter_grade:staff"],
    }
)

# Who is in the hub's group `instructors` is staff of every course here. (Staff of one course: `staff` in courses.yaml.)
c.JupyterHub.custom_scopes = {"custom:otter_grade:staff": {"description": "see every submission"}}

# Users may use the service, and so may the servers that they have started: the hub's own roles do not say so. If you
# have roles called `user` and `server` already, add the scopes there.
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=otter_grade"]},
    {
        "name": "server",
        "scopes": ["users:activity!user", "access:servers!server", "access:services!service=otter_grade"],
    },
    # What the learning platform said at the launch: where grades go.
    {"name": "grading-service", "scopes": ["read:users", "admin:auth_state"], "services": ["otter_grade"]},
    {"name": "grading-staff", "scopes": ["custom:otter_grade:staff"], "groups": ["instructors"]},
]
