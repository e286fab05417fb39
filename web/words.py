"""The program's own terms in words that an owner would use: rules, severities, clip states, mask steps, camera states.

Comes in: values from `agent.values` and `agent.panel`. Goes out: translated names and sentences for the templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask
from flask_babel import LazyString, lazy_gettext

from agent.panel import CameraState
from agent.values import MaskStep, Severity


@dataclass(frozen=True, slots=True)
class Wording:
    """A short name, one plain sentence, and the tone in which both are shown (a CSS class: good, note, warn, bad, off)."""

    name: LazyString
    sentence: LazyString
    tone: str


STEPS: Mapping[MaskStep, Wording] = {
    MaskStep.NORMAL: Wording(
        lazy_gettext("Normal"), lazy_gettext("People are found and masked before anything is kept or shown."), "good"
    ),
    MaskStep.LATE: Wording(
        lazy_gettext("Careful"),
        lazy_gettext("The detector is behind, so everything that has changed in the picture is masked."),
        "note",
    ),
    MaskStep.BLIND: Wording(
        lazy_gettext("Whole picture pixelated"),
        lazy_gettext(
            "The empty shop is not known yet, or light or view have changed. Until it is, the whole picture is pixelated."
        ),
        "warn",
    ),
    MaskStep.BLANK: Wording(
        lazy_gettext("Picture blanked"),
        lazy_gettext("Masking failed, so an empty picture is kept in place of the real one. Recording goes on."),
        "bad",
    ),
}

SEVERITIES: Mapping[Severity, Wording] = {
    Severity.NOTE: Wording(lazy_gettext("Note"), lazy_gettext("For your information"), "off"),
    Severity.SOON: Wording(lazy_gettext("Look soon"), lazy_gettext("Worth a look today"), "warn"),
    Severity.NOW: Wording(lazy_gettext("Look now"), lazy_gettext("Please look at this now"), "bad"),
}

STATES: Mapping[CameraState, Wording] = {
    CameraState.STARTING: Wording(lazy_gettext("Starting"), lazy_gettext("The camera is being connected."), "note"),
    CameraState.RUNNING: Wording(lazy_gettext("Running"), lazy_gettext("The camera is working."), "good"),
    CameraState.LOST: Wording(
        lazy_gettext("No connection"),
        lazy_gettext("The camera does not answer. Please check its power and network cable; it is tried again by itself."),
        "bad",
    ),
    CameraState.ENDED: Wording(lazy_gettext("Ended"), lazy_gettext("The recording has been played to its end."), "off"),
}

RULES: Mapping[str, LazyString] = {
    "intrusion": lazy_gettext("Somebody after hours"),
    "staff_only": lazy_gettext("Staff-only area"),
    "loitering": lazy_gettext("Staying long"),
    "too_many": lazy_gettext("Many people"),
    "camera": lazy_gettext("Camera trouble"),
}


def rule_name(rule: str) -> str:
    """What a rule is called; a rule that is newer than this panel keeps its own name."""
    return str(RULES.get(rule, rule.replace("_", " ")))


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        steps=STEPS, severities=SEVERITIES, states=STATES, rules=RULES, rule_name=rule_name, MaskStep=MaskStep
    )
