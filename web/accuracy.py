"""Page: how right the alarms of each rule are, by what the owner said of them, and the thresholds that follow from it.

Comes in: nothing, or a rule to put back. Goes out: one line a rule.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.security import address, panel, signed_in

pages = Blueprint("accuracy", __name__, url_prefix="/accuracy")


@pages.get("/")
def index() -> ResponseReturnValue:
    rules = panel().accuracy.rules()
    return render_template("accuracy/index.html", rules=rules, judged=sum(rule.judged for rule in rules))


@pages.post("/reset")
def reset() -> ResponseReturnValue:
    rule = request.form.get("rule", "")
    if rule not in {known.rule for known in panel().accuracy.rules()}:
        abort(404)
    panel().reset_rule(rule, signed_in().name, address())
    return redirect(url_for("accuracy.index"), HTTPStatus.SEE_OTHER)
