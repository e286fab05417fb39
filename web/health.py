"""Page: is everything well, and if not, what to do.

Comes in: nothing. Goes out: one sentence, then cameras, detection, room on the disk, and what happened to the agent lately.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from agent.panel import CameraState, Health
from web.language import text
from web.security import panel

pages = Blueprint("health", __name__, url_prefix="/health")

EVENTS = 60


@pages.get("/")
def index() -> ResponseReturnValue:
    health = panel().health()
    return render_template(
        "health/index.html",
        health=health,
        store=panel().store(),
        troubles=troubles(health),
        events=panel().events(EVENTS),
        anchor=panel().last_anchor,
        names=panel().camera_names(),
    )


@pages.get("/zones")
def zones() -> ResponseReturnValue:
    """What the guide says of zones, for whoever is missing one."""
    return render_template("health/zones.html", cameras=panel().health().cameras)


def troubles(health: Health) -> list[str]:
    """Sentences that the owner should act on, the worst first; empty when all is well."""
    store = panel().trouble
    found = [] if store is None else [text(store)]
    lost = [camera for camera in health.cameras if camera.state is CameraState.LOST]
    if len(lost) == 1:
        found.append(str(gettext("The camera “%(name)s” does not answer.", name=lost[0].name)))
    elif lost:
        found.append(str(ngettext("%(num)d camera does not answer.", "%(num)d cameras do not answer.", len(lost))))
    found += [
        str(gettext("Masking failed on “%(name)s”; empty pictures are kept.", name=camera.name))
        for camera in health.cameras
        if camera.state is CameraState.RUNNING and not camera.is_well
    ]
    return found + [text(sentence) for sentence in health.troubles]


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    return {"troubles_now": lambda: troubles(panel().health())}
