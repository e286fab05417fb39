"""What a person reads when something cannot be shown: one sentence, and what to do.

Comes in: HTTP errors and `AnsimError`s. Goes out: a page in the person's language; plain text for pictures and refreshes,
JSON for programs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, Response, render_template, request
from flask_babel import LazyString, force_locale, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from agent.errors import AnsimError
from agent.values import Text
from web.language import LANGUAGES, current

log = logging.getLogger(__name__)

SENTENCES: dict[int, tuple[LazyString, LazyString]] = {
    400: (lazy_gettext("That did not arrive whole"), lazy_gettext("Please go back, load the page again and try once more.")),
    401: (
        lazy_gettext("Please sign in"),
        lazy_gettext("You have been signed out after a while without use. Please sign in again."),
    ),
    404: (
        lazy_gettext("There is nothing here"),
        lazy_gettext("It may have been deleted when its time was up, or the address is not right."),
    ),
    405: (lazy_gettext("That cannot be done here"), lazy_gettext("Please go back and use the buttons of the page.")),
    410: (lazy_gettext("This is no longer kept"), lazy_gettext("It was deleted when its retention time was up.")),
    413: (lazy_gettext("That is too much at once"), lazy_gettext("Please go back and enter less.")),
    429: (lazy_gettext("Too many tries"), lazy_gettext("Please wait a few minutes and try again.")),
    500: (
        lazy_gettext("Something went wrong here"),
        lazy_gettext(
            "Recording goes on. Please load the page again; if it happens again, restart Ansim and keep the log folder."
        ),
    ),
    503: (lazy_gettext("That cannot be shown now"), lazy_gettext("Recording goes on. Please try again in a moment.")),
}


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Holding one means: you know what to say when a page cannot be shown, and where a person can go on from there.

    sentences: a heading and what to do per HTTP status; 400 and 500 stand in for those that are not there. says_why: the
    agent's own sentence about what it cannot do is meant for whoever sees these pages.
    """

    home: Callable[[], str]
    sentences: Mapping[int, tuple[LazyString, LazyString]]
    says_why: bool = True

    def refused(self, mistake: HTTPException) -> Response:
        code = mistake.code or 500
        if code < 400:
            return Response(mistake.get_response().get_data(), code, dict(mistake.get_headers()))
        response = self._page(code, *self._said(code))
        for name, value in mistake.get_headers():
            if name in ("Allow", "Content-Range", "Retry-After"):
                response.headers[name] = value
        return response

    def stale_form(self, _: CSRFError) -> Response:
        heading = lazy_gettext("This page was open for too long")
        return self._page(400, heading, lazy_gettext("Please go back, load the page again and send it once more."))

    def cannot(self, failure: AnsimError) -> Response:
        log.error("a page could not be shown: %s", failure)
        heading, sentence = self._said(503)
        return self._page(503, heading, failure.text if self.says_why else sentence)

    def failed(self, mistake: HTTPException) -> Response:
        log.error("a page failed", exc_info=getattr(mistake, "original_exception", None))
        return self._page(500, *self._said(500))

    def _said(self, code: int) -> tuple[LazyString, LazyString]:
        return self.sentences.get(code, self.sentences[500 if code >= 500 else 400])

    def _page(self, code: int, heading: LazyString, sentence: LazyString | Text) -> Response:
        if request.path.startswith("/api/"):
            error = {language: f"{_in(heading, language)}. {_in(sentence, language)}" for language in LANGUAGES}
            return Response(json.dumps({"error": error}, ensure_ascii=False) + "\n", code, content_type="application/json")
        if request.headers.get("X-Refresh") or request.headers.get("Sec-Fetch-Dest", "document") not in ("document", ""):
            return Response(f"{heading}. {_in(sentence, current())}\n", code, content_type="text/plain; charset=utf-8")
        told = _in(sentence, current())
        return Response(render_template("mistake.html", code=code, heading=heading, sentence=told, home=self.home()), code)


def install(app: Flask, said: Mistakes) -> None:
    app.register_error_handler(CSRFError, said.stale_form)
    app.register_error_handler(HTTPException, said.refused)
    app.register_error_handler(AnsimError, said.cannot)
    app.register_error_handler(500, said.failed)


def _in(sentence: LazyString | Text, language: str) -> str:
    if isinstance(sentence, Text):
        return sentence.in_(language)
    with force_locale(language):
        return str(sentence)
