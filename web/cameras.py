"""Pages: what the cameras see now, masked, and how well the masking is doing.

Comes in: camera ids. Goes out: pages, single JPEG pictures (a script asks for the next one after each; without it the picture
stands still), and the state again and again while somebody looks.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from agent.panel import CameraHealth
from web.security import note_view, panel

pages = Blueprint("cameras", __name__, url_prefix="/cameras")

STALE_S = 10.0  # an older picture is shown as the last one, not as live


@pages.get("/")
def index() -> ResponseReturnValue:
    return render_template("cameras/index.html", cameras=panel().health().cameras, is_stale=_is_stale)


@pages.get("/<camera_id>")
def show(camera_id: str) -> ResponseReturnValue:
    camera = _camera(camera_id)
    note_view("view_live", camera.id)
    return render_template("cameras/show.html", camera=camera, is_stale=_is_stale)


@pages.get("/<camera_id>/state")
def state(camera_id: str) -> ResponseReturnValue:
    return render_template("cameras/_state.html", camera=_camera(camera_id), is_stale=_is_stale)


@pages.get("/<camera_id>/badge")
def badge(camera_id: str) -> ResponseReturnValue:
    return render_template("cameras/_badge.html", camera=_camera(camera_id), is_stale=_is_stale)


@pages.get("/<camera_id>/live.jpg")
def live(camera_id: str) -> Response:
    camera = _camera(camera_id)
    note_view("view_live", camera.id)
    picture = panel().picture(camera.id)
    if picture is None:
        abort(404)
    return Response(picture.jpeg, content_type="image/jpeg")


def _camera(camera_id: str) -> CameraHealth:
    camera = panel().camera(camera_id)
    if camera is None:
        abort(404)
    return camera


def _is_stale(camera: CameraHealth) -> bool:
    return camera.last_frame_utc is None or panel().utc() - camera.last_frame_utc > STALE_S
