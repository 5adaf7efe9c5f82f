# To be added to jupyterhub_config.py: otter-service as a service that the hub starts and stops.
#
# NOT YET: otter-service asks the hub for nobody's identity. Everyone who reaches https://HUB/services/otter_grade/ is
# the one user of otter-service.toml. Use it to try things out only.

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
        # For the sign-in that comes: no question whether the service may know who one is.
        "oauth_no_confirm": True,
    }
)

# For the sign-in that comes: users may use the service, and so may the servers that they have started. Nothing needs
# these roles today. If you have roles called `user` and `server` already, add the scopes there.
# c.JupyterHub.load_roles = [
#     {"name": "user", "scopes": ["self", "access:services!service=otter_grade"]},
#     {
#         "name": "server",
#         "scopes": ["users:activity!user", "access:servers!server", "access:services!service=otter_grade"],
#     },
# ]
