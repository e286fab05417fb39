"""The owner's panel: a small Flask app over `agent.panel`, and the server for it.

Comes in: a `Panel` and `WebSettings`. Goes out: `create_app` (WSGI), `Server` (cheroot). Imports of the agent: only
`agent.panel`, `agent.values`, `agent.errors` and the version.
"""

from web.app import WebSettings, create_app
from web.server import Server, serve

__all__ = ["Server", "WebSettings", "create_app", "serve"]
