"""A visitor's code as a page: what a courier opens from a link that the owner sent.

Comes in: the text of a code, in the address. Goes out: the same as a picture. It asks the agent nothing, so it tells nobody
whether a code is genuine or was used: the door does.
"""

from __future__ import annotations

import re

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from agent.panel import draw_svg

pages = Blueprint("visit", __name__)

CODE = re.compile(r"A[A-Z2-7]{32}")  # of a phone's, staff's or visitor's code (docs/entry.md)


@pages.get("/visit/<code>")
def show(code: str) -> ResponseReturnValue:
    if CODE.fullmatch(code) is None:
        abort(404)
    return render_template("visit/show.html", picture=Markup(draw_svg(code)))  # noqa: S704 - made of numbers
