"""Codes at the entrance: how many forged ones are accepted, whether valid ones are accepted exactly once, and what one costs.

Comes in: options (quick: a tenth of everything). Goes out: tables. The whole way is measured, from a text to the synced record
in the ledger of a real vault in a temporary folder, without an opener. No recordings are needed.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from agent.clock import ManualClock
from agent.entrance import EntranceDesk
from agent.entry.door import NoDoor
from agent.entry.kept import KeptPass
from agent.entry.records import Answer, PassKind, Reader
from agent.entry.token import STEP_S, make_card, make_code, step_of
from agent.passes import PassBook
from agent.settings import EntrySettings
from agent.vault import Vault
from scripts.bench.report import Cell, Options, Report, Table

UTC = 1_795_299_990.0  # a step begins
BETWEEN_S = 0.001  # all of it has to happen within the step
SEOUL = "Asia/Seoul"
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LIST_LINES = 5000


def measure(options: Options) -> Report:
    scale = 10 if options.quick else 1
    rng = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock(UTC)
        with Vault(Path(folder) / "data", clock) as vault:
            phones, card = _passes(vault, clock, 10_000 // scale)
            desk = EntranceDesk(vault, clock, EntrySettings(enabled=True), SEOUL, NoDoor())
            forged = {kind: _forged(desk, texts) for kind, texts in _bad_texts(rng, phones, card, 100_000 // scale).items()}
            valid = [_valid(rng, kept) for kept in phones]
            first, first_ms = _shown(desk, clock, valid)
            clock.advance(5)
            second, second_ms = _shown(desk, clock, valid)
        began = time.perf_counter()
        with Vault(Path(folder) / "data", clock) as vault:
            again = EntranceDesk(vault, clock, EntrySettings(enabled=True), SEOUL, NoDoor())
            restart_s = time.perf_counter() - began
            after, _ = _shown(again, clock, valid[: max(1, len(valid) // 10)])
    return _report(forged, (first, first_ms), (second, second_ms), after, restart_s)


def _passes(vault: Vault, clock: ManualClock, count: int) -> tuple[Sequence[KeptPass], str]:
    book = PassBook(vault, clock, EntrySettings(enabled=True), SEOUL)
    for first in range(0, count, LIST_LINES):
        lines = min(LIST_LINES, count - first)
        book.import_csv("kind\n" + "phone\n" * lines, "bench", take=True)
    phones = [kept for kept in vault.passes.all() if kept.about.kind is PassKind.PHONE]
    return phones, book.card_text(book.issue(PassKind.CARD, "bench").id)


def _valid(rng: random.Random, kept: KeptPass) -> str:
    """What the phone shows now; its clock may be a step wrong."""
    return make_code(kept.secret, kept.about.kind, kept.about.id, step_of(UTC) + rng.choice((-1, 0, 1)))


def _bad_texts(rng: random.Random, phones: Sequence[KeptPass], card: str, count: int) -> dict[str, Iterator[str]]:
    def some(share: float, make: Callable[[], str]) -> Iterator[str]:
        return (make() for _ in range(round(count * share)))

    def letters(signs: str, most: int) -> str:
        return "".join(rng.choices(signs, k=most))

    def mutated(text: str) -> str:
        at = rng.randrange(len(text))
        return text[:at] + rng.choice(BASE32.replace(text[at], "")) + text[at + 1 :]

    def known() -> str:
        """Of a pass that there is, for now, under a secret of one's own."""
        return make_code(rng.randbytes(32), PassKind.PHONE, rng.choice(phones).about.id, step_of(UTC))

    return {
        "random characters of QR codes, 1 to 120": some(0.2, lambda: letters(ALPHANUMERIC, rng.randint(1, 120))),
        "random codes of the right form": some(0.2, lambda: "A" + letters(BASE32, 32)),
        "known pass, right time, other secret": some(0.2, known),
        "valid code with one character changed": some(0.2, lambda: mutated(_valid(rng, rng.choice(phones)))),
        "card with one character changed": some(0.1, lambda: mutated(card)),
        "card under another key": some(0.1, lambda: make_card(rng.randbytes(32), rng.choice(phones).about.id)),
    }


def _forged(desk: EntranceDesk, texts: Iterator[str]) -> tuple[int, int, float]:
    """(shown, accepted, ms each)"""
    listed = list(texts)
    began = time.perf_counter()
    accepted = sum(desk.present(text, Reader.SCANNER).is_welcome for text in listed)
    return len(listed), accepted, (time.perf_counter() - began) * 1000 / len(listed)


def _shown(desk: EntranceDesk, clock: ManualClock, codes: Sequence[str]) -> tuple[Counter[Answer], float]:
    began = time.perf_counter()
    answers: Counter[Answer] = Counter()
    for code in codes:
        clock.advance(BETWEEN_S)
        answers[desk.present(code, Reader.KIOSK).answer] += 1
    return answers, (time.perf_counter() - began) * 1000 / len(codes)


def _report(
    forged: dict[str, tuple[int, int, float]],
    first: tuple[Counter[Answer], float],
    second: tuple[Counter[Answer], float],
    after: Counter[Answer],
    restart_s: float,
) -> Report:
    rows: list[list[Cell]] = [[kind, *figures] for kind, figures in forged.items()]
    rows.append(["all of them", sum(n for n, _, _ in forged.values()), sum(bad for _, bad, _ in forged.values()), None])
    bad = Table("Forged codes", ("what was shown", "shown", "accepted", "ms each"), rows)
    good = Table(
        "Valid codes, each within its window",
        ("", "shown", "accepted", "refused as used", "ms each"),
        [
            ["first time", first[0].total(), first[0][Answer.ADMITTED], first[0][Answer.USED], first[1]],
            ["second time, 5 s later", second[0].total(), second[0][Answer.ADMITTED], second[0][Answer.USED], second[1]],
            ["after a restart", after.total(), after[Answer.ADMITTED], after[Answer.USED], None],
        ],
        (
            f"A step is {STEP_S} s; phones' clocks are a step wrong, right, or a step ahead.",
            f"Opening the vault and remembering {first[0].total() + second[0].total()} entries took {restart_s:.1f} s.",
        ),
    )
    figures = {"forged": forged, "first": first[0], "second": second[0], "after_restart": after, "restart_s": restart_s}
    return Report((bad, good), figures)
