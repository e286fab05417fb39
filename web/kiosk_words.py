"""All that the screen at the door says, by key, so that it can change its language without loading anything.

Comes in: nothing. Goes out: `WORDS`. What a reply says comes from the agent.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, lazy_gettext

WORDS: Mapping[str, LazyString] = {
    # the first step
    "show": lazy_gettext("Show your QR code"),
    "show_how": lazy_gettext("On phone or card"),
    "show_said": lazy_gettext(
        "Hold the QR code of your phone or card before the camera. For another way in, or for help, use the buttons."
    ),
    "use_number": lazy_gettext("By number"),
    "join": lazy_gettext("New here"),
    # number and PIN
    "number": lazy_gettext("Your number"),
    "number_said": lazy_gettext("Enter your number of six digits, then OK."),
    "pin": lazy_gettext("Your PIN"),
    "pin_said": lazy_gettext("Enter your PIN, then OK."),
    "ok": lazy_gettext("OK"),
    "delete": lazy_gettext("Delete the last digit"),
    "deleted": lazy_gettext("Deleted"),
    "digits": lazy_gettext("%(num)s entered"),
    "back": lazy_gettext("Back"),
    "checking": lazy_gettext("One moment"),
    # sign-up
    "join_how": lazy_gettext("Open the camera of your phone"),
    "join_said": lazy_gettext("Point the camera of your phone at this QR code and open the page that it shows."),
    # help
    "help": lazy_gettext("Help"),
    "called": lazy_gettext("The shop has been told"),
    "called_how": lazy_gettext("Please wait here"),
    "called_number": lazy_gettext("Or call"),
    "not_called": lazy_gettext("Nobody could be told"),
    # results and troubles
    "close": lazy_gettext("Close"),
    "lost": lazy_gettext("No connection"),
    "lost_how": lazy_gettext("Please wait, or call the shop"),
    "more_time": lazy_gettext("Do you need more time?"),
    "go_on": lazy_gettext("Go on"),
    # how the screen is
    "language": lazy_gettext("Language"),
    "larger": lazy_gettext("Text size"),
    "larger_said": lazy_gettext("Text size %(num)s percent"),
    "contrast": lazy_gettext("High contrast"),
    "contrast_on": lazy_gettext("High contrast is on"),
    "contrast_off": lazy_gettext("High contrast is off"),
    "voice": lazy_gettext("Voice"),
    "time": lazy_gettext("Time"),
    "volume": lazy_gettext("Volume"),
    "speed": lazy_gettext("Speed"),
    "less": lazy_gettext("Less"),
    "more": lazy_gettext("More"),
    "seconds": lazy_gettext("%(num)s s"),
    "wait": lazy_gettext("Time to answer"),
    "settings": lazy_gettext("Settings"),
    "no_voice": lazy_gettext("This device has no voice"),
}
