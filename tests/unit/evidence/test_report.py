"""The report on paper: what it says, that its QR is that of the bag, and what happens without a font or a still."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import zxingcpp

from agent.evidence import report_pdf
from agent.evidence.bag_tools import verify_page
from agent.evidence.report_facts import ListedFile, ReportFacts
from agent.evidence.report_pages import draw_report
from agent.evidence.report_pdf import FontMissing
from agent.values import Text
from agent.vault.checkpoint import bag_of_anchor
from tests import bags

HAS_FONT = any((folder / report_pdf.REGULAR).is_file() for folder in report_pdf.FONTS)
pytestmark = pytest.mark.skipif(not HAS_FONT, reason="Debian's fonts-nanum is not installed (scripts/setup does it)")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> ReportFacts:
    kept: list[ReportFacts] = []
    with bags.shop(tmp_path_factory.mktemp("shop") / "data") as vault:
        bags.exporter(vault, lambda told: kept.append(told) or b"").compose(bags.ORDER)  # type: ignore[func-returns-value]
    return kept[0]


def words(pdf: bytes, folder: Path) -> str:
    (folder / "report.pdf").write_bytes(pdf)
    ran = subprocess.run(["pdftotext", "-layout", str(folder / "report.pdf"), "-"], capture_output=True, check=True)
    return ran.stdout.decode()


def test_it_says_what_happened_and_lists_each_file_with_its_hash(facts: ReportFacts, tmp_path: Path) -> None:
    text = words(draw_report(facts), tmp_path)
    bare = "".join(text.split())
    for said in (
        "행복 무인점 3호",
        "계산대",
        "2026-09-21 23:13:20",
        "계산대 앞에 30초 넘게",
        "절도 신고",
        "서울마포경찰서",
        "2026-1234",
    ):
        assert said in text
    assert "1.5초 느립니다" in text
    for file in facts.files:
        assert file.name.removeprefix("data/") in bare
        assert file.sha256[:32] in bare
        assert file.sha256[32:] in bare
    assert facts.digest in bare
    assert facts.fingerprint[:32] in bare
    assert "당사자 수 1명 (모두 가려짐)" in " ".join(text.split())


def test_it_names_the_tool_that_lies_in_the_bag(facts: ReportFacts, tmp_path: Path) -> None:
    """Whoever forges a bag can put a tool into it that always says "unchanged"; the paper knows the right one."""
    bare = "".join(words(draw_report(facts), tmp_path).split())
    assert hashlib.sha256(verify_page()).hexdigest() in bare


def test_it_does_not_call_masked_what_shows_somebody_and_leaves_nothing_out_of_the_form(
    facts: ReportFacts, tmp_path: Path
) -> None:
    more = tuple(ListedFile(name, 1, "ab" * 32) for name in ("data/revealed/x.mp4", "data/sealed/x.mkv.age"))
    text = "".join(words(draw_report(replace(facts, files=(*facts.files, *more))), tmp_path).split())
    assert "(모두가려짐)" not in text
    assert "고른사람이보임" in text
    for said in ("앞뒤의출입기록", "고른사람이보이는영상", "봉인된원본(가려지지않음"):
        assert said in text
    before = "".join(words(draw_report(facts), tmp_path).split())
    assert "봉인된원본" not in before


def test_it_fills_in_the_polices_form(facts: ReportFacts, tmp_path: Path) -> None:
    text = words(draw_report(facts), tmp_path)
    for said in ("임의제출서", "제9호서식", "형사소송법 제218조", "제출인", "일련번호", "서명 또는 인", "제출 범위", "초안"):
        assert said in text


def test_its_qr_ties_it_to_the_bag(facts: ReportFacts, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(draw_report(facts))
    subprocess.run(["pdftoppm", "-r", "110", "-f", "1", "-l", "1", "-gray", "report.pdf", "page"], cwd=tmp_path, check=True)
    picture = cv2.imread(str(next(tmp_path.glob("page*.pgm"))), cv2.IMREAD_GRAYSCALE)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == facts.anchor
    bag = bag_of_anchor(found.text)
    assert bag is not None
    assert bag.hex() == facts.digest


def test_the_digest_is_the_one_that_grep_and_sha256sum_give(tmp_path: Path) -> None:
    found = bags.untouched(tmp_path / "data")
    lines = found.files["manifest-sha256.txt"].splitlines(keepends=True)
    rest = b"".join(line for line in lines if b"data/report.pdf" not in line)
    assert hashlib.sha256(rest).digest() == bag_of_anchor(found.anchor)


def test_its_font_is_in_it(facts: ReportFacts, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(draw_report(facts))
    ran = subprocess.run(["pdffonts", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=True)
    rows = [line.split() for line in ran.stdout.splitlines()[2:]]
    assert rows
    assert all("NanumGothic" in row[0] for row in rows)
    assert all(row[-5] == "yes" for row in rows)  # embedded


def test_a_missing_font_is_named_with_what_to_do(facts: ReportFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pdf.Paper.__init__, "__defaults__", ((Path("/nowhere"),),))
    with pytest.raises(FontMissing, match="fonts-nanum"):
        draw_report(facts)


def test_a_damaged_still_and_strange_letters_do_not_stop_it(facts: ReportFacts, tmp_path: Path) -> None:
    reasons = (Text(ko="🦊 여우가 <b>들어</b>왔습니다 \u202e %s {0}", en=""),)
    strange = replace(facts, poster=b"\xff\xd8 no picture", shop="가게 🏪", reasons=reasons)
    text = words(draw_report(strange), tmp_path)
    assert "여우가 <b>들어</b>왔습니다" in text
    assert "%s {0}" in text


def test_the_same_facts_give_the_same_bytes(facts: ReportFacts) -> None:
    assert draw_report(facts) == draw_report(facts)


def test_a_long_list_goes_on_over_the_page(facts: ReportFacts, tmp_path: Path) -> None:
    many = replace(facts, files=facts.files * 12, steps=facts.steps * 30)
    text = words(draw_report(many), tmp_path)
    assert text.count("sha256") > 2
    assert "custody.json에 있습니다" in text
