"""Pages on which secrets are typed or shown: only at the PC itself, or over TLS.

Comes in: a view, marked `@private`. Goes out: the view's answer when nobody on the way could read along, else a page (403) that
says why and what to do. A view is asked only where the connection is private, so what was typed is never even looked at.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import ParamSpec

from flask import render_template, request
from flask.typing import ResponseReturnValue

from web.server import EVERYWHERE

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Via")
ANY_PORT = 9  # nothing is sent to it

Inputs = ParamSpec("Inputs")
View = Callable[Inputs, ResponseReturnValue]


def private(view: View[Inputs]) -> View[Inputs]:
    """Let a view answer only when the way to the browser is private. Belongs below the route's own decorator."""

    @functools.wraps(view)
    def guarded(*args: Inputs.args, **named: Inputs.kwargs) -> ResponseReturnValue:
        return view(*args, **named) if is_private() else refuse()

    return guarded


def is_private() -> bool:
    """Whether nobody on the way can read this request and its answer: TLS, or a browser on this very PC.

    A program in front (a reverse proxy) makes everybody look as if they were here, so one that says that it forwards has to
    say that it was reached by TLS. A lie in these headers harms only whoever tells it: their own secrets travel that way.
    """
    if request.is_secure:
        return True
    if not is_this_pc(request.remote_addr or ""):
        return False
    return not any(name in request.headers for name in FORWARDED) or request.headers.get("X-Forwarded-Proto") == "https"


def refuse() -> ResponseReturnValue:
    """The page that says why not, and what to do instead."""
    return render_template("guard/not_here.html", here=_here(), was_sent=request.method == "POST"), HTTPStatus.FORBIDDEN


def is_this_pc(address: str) -> bool:
    """Whether an IP address is one of this machine's own, be it of the loopback or of a network card.

    The system is asked from which address it would talk to it: to itself it talks from the very same one. Nothing is sent.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    known = getattr(known, "ipv4_mapped", None) or known
    if known.is_loopback:
        return True
    with (
        suppress(OSError),
        socket.socket(socket.AF_INET if known.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as asked,
    ):
        asked.connect((str(known), ANY_PORT))
        return not known.is_unspecified and ipaddress.ip_address(asked.getsockname()[0]) == known
    return False


def _here() -> str:
    """Where a browser at the PC itself finds the panel, which does not speak TLS: else nobody would be sent here."""
    bound = str(request.environ["SERVER_NAME"])
    host = EVERYWHERE.get(bound, bound)
    return f"http://{f'[{host}]' if ':' in host else host}:{request.environ['SERVER_PORT']}"
