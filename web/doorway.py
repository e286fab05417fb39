"""What the pages for customers share: the agent's side of them, the address under which phones reach them, how often to try.

Comes in: requests to the entrance app. Goes out: its `EntrancePanel`, the sign-up link. Nothing here knows the owner's panel.
"""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Response, current_app, request, url_for
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


def knows_link() -> bool:
    """Whether this request brings a right token. Such a one is no guess: others' guesses must not keep it out.

    Behind a program that speaks TLS everybody comes from one address.
    """
    return door().invited((request.view_args or {}).get("token", "")) is not None


def was_wrong(response: Response) -> bool:
    """Whether what was asked counts as a try: it led to nothing."""
    return response.status_code >= HTTPStatus.BAD_REQUEST


def came_safely() -> bool:
    """Whether nobody on the way could read this request: by TLS, or from this PC (where a program may speak TLS for others)."""
    return request.is_secure or _is_this_machine(request.remote_addr or "")


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
        address = ipaddress.ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return host == "localhost"
