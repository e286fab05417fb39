"""The program's own terms in words that an owner would use: rules and their thresholds, severities, mask steps, camera states.

Comes in: values from `agent.values` and `agent.panel`. Goes out: translated names and sentences for the templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from agent.panel import CameraState, Threshold
from agent.values import MaskStep, Severity, Verdict
from web.language import number


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

VERDICTS: Mapping[Verdict, Wording] = {
    Verdict.REAL: Wording(lazy_gettext("Real"), lazy_gettext("It was real"), "good"),
    Verdict.FALSE: Wording(lazy_gettext("False"), lazy_gettext("False alarm"), "off"),
}

RULES: Mapping[str, LazyString] = {
    "unpaid": lazy_gettext("Left without paying"),
    "swept": lazy_gettext("Shelf emptied"),
    "concealment": lazy_gettext("Goods hidden"),
    "forced_till": lazy_gettext("Till forced"),
    "damage": lazy_gettext("Something damaged"),
    "violence": lazy_gettext("Violent movement"),
    "camera": lazy_gettext("Camera trouble"),
    "intrusion": lazy_gettext("Somebody after hours"),
    "after_closing": lazy_gettext("Still inside after closing"),
    "staff_only": lazy_gettext("Staff-only area"),
    "loitering": lazy_gettext("Staying long"),
    "too_many": lazy_gettext("Many people"),
    "tailgating": lazy_gettext("Followed somebody in"),
    "entry_without_code": lazy_gettext("Came in without a code"),
    "collapse": lazy_gettext("Somebody is down"),
    "left_object": lazy_gettext("Thing left behind"),
}

GROUPS: tuple[tuple[LazyString, tuple[str, ...]], ...] = (
    (lazy_gettext("Theft"), ("unpaid", "swept", "concealment", "forced_till")),
    (lazy_gettext("Damage"), ("damage", "violence", "camera")),
    (
        lazy_gettext("Trespass"),
        (
            "entry_without_code",
            "tailgating",
            "intrusion",
            "after_closing",
            "staff_only",
            "loitering",
            "too_many",
        ),
    ),
    (lazy_gettext("Safety"), ("collapse", "left_object")),
)

EXPLANATIONS: Mapping[str, LazyString] = {
    "unpaid": lazy_gettext("Somebody had a hand on a shelf and left without having been at a till."),
    "swept": lazy_gettext("A large part of a shelf was emptied in a short time."),
    "concealment": lazy_gettext("Somebody's movements look like goods being put into a bag or under clothing."),
    "forced_till": lazy_gettext("Somebody was at a till or kiosk for long and moved strongly."),
    "damage": lazy_gettext("A fixture or shelf looks different for good since somebody was at it."),
    "violence": lazy_gettext("Somebody struck at things, or people fought."),
    "camera": lazy_gettext("A camera was covered, turned, blurred, frozen or lost."),
    "intrusion": lazy_gettext("Somebody was inside outside opening hours."),
    "after_closing": lazy_gettext("Somebody who came in during opening hours stayed after closing."),
    "staff_only": lazy_gettext("Somebody went into an area for staff only."),
    "loitering": lazy_gettext("Somebody stayed in one place for long."),
    "too_many": lazy_gettext("More people than usual were inside at once."),
    "tailgating": lazy_gettext("Somebody came in right behind a person who had shown a code, without one of their own."),
    "entry_without_code": lazy_gettext("Somebody came in, and nobody had shown a code."),
    "collapse": lazy_gettext("Somebody lay on the floor and hardly moved."),
    "left_object": lazy_gettext("A thing stayed behind after whoever brought it had gone."),
}

SECONDS = lazy_gettext("Time until an alarm")

THRESHOLDS: Mapping[str, LazyString] = {  # what the number of a rule is that verdicts move; SECONDS where nothing is said here
    "loitering": lazy_gettext("Staying counts from"),
    "too_many": lazy_gettext("People at once"),
    "unpaid": lazy_gettext("Hand on a shelf"),
    "swept": lazy_gettext("Part of the shelf"),
    "concealment": lazy_gettext("Caution"),
    "forced_till": lazy_gettext("Strength of movement"),
    "damage": lazy_gettext("Part of the picture"),
    "violence": lazy_gettext("Strength of movement"),
    "collapse": lazy_gettext("Lying still"),
    "left_object": lazy_gettext("Left alone"),
}


UNMOVED: Mapping[str, LazyString] = {  # which alarms of a rule do not wait for the number that verdicts move
    "unpaid": lazy_gettext("Alarms about goods that are gone are always raised; what is said here does not change them."),
    "forced_till": lazy_gettext(
        "A till that looks different afterwards is always told of; what is said here does not change that."
    ),
}
UNTUNED = lazy_gettext("Alarms of this rule are always raised: it has no number that could be changed by what is said here.")


def unmoved(rule: str, thresholds: Sequence[Threshold]) -> str | None:
    """Which of a rule's alarms stay as they are whatever the owner says of them; None where all may change."""
    if not thresholds:
        return str(UNTUNED)
    return str(UNMOVED[rule]) if rule in UNMOVED else None


def rule_name(rule: str) -> str:
    """What a rule is called; a rule that is newer than this panel keeps its own name."""
    return str(RULES.get(rule, rule.replace("_", " ")))


def threshold_name(threshold: Threshold) -> str:
    return str(THRESHOLDS.get(threshold.rule, SECONDS))


def threshold_value(threshold: Threshold, value: float) -> str:
    """A threshold with its unit, read off its name: seconds, people, a share, or a plain number."""
    if threshold.name == "people":
        return str(ngettext("%(num)d person", "%(num)d people", round(value)))
    if threshold.name == "seconds" or threshold.name.endswith("_s"):
        return str(gettext("%(seconds)s s", seconds=number(value, "#,##0.#")))
    if threshold.name in ("share", "area", "strength"):
        return f"{number(value * 100, '#,##0.##')} %"
    return number(value, "#,##0.##")


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        steps=STEPS, severities=SEVERITIES, states=STATES, verdicts=VERDICTS, rules=RULES, rule_groups=GROUPS,
        explanations=EXPLANATIONS, rule_name=rule_name, threshold_name=threshold_name, threshold_value=threshold_value,
        unmoved=unmoved, MaskStep=MaskStep,
    )  # fmt: skip
