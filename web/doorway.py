"""What the pages for customers share: the agent's side of them, the address under which phones reach them, how often to try.

Comes in: requests to the entrance app. Goes out: its `EntrancePanel`, the sign-up link. Nothing here knows the owner's panel.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import current_app, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from agent.entrance_panel import EntrancePanel
from web.security import POLICY

DOOR_POLICY = f"{POLICY}; worker-src 'self'; manifest-src 'self'"
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def door() -> EntrancePanel:
    """The agent's side of this app."""
    found: EntrancePanel = current_app.extensions["ansim_entrance"]
    return found


def try_rate() -> str:
    """How often one address may try a link."""
    return str(current_app.config["TRY_RATE"])


def sign_up_address() -> str | None:
    """The link that the screen at the door shows as a QR code; None when a phone could do nothing with it.

    A phone keeps a pass only on a page that came by TLS, and "localhost" is another machine to it.
    """
    root = (door().settings.kiosk.public_url or request.host_url).rstrip("/")
    parts = urlsplit(root)
    token = door().door_token()
    if token is None or parts.scheme != "https" or _is_this_machine(parts.hostname or ""):
        return None
    return root + url_for("sign_up.join", token=token)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
