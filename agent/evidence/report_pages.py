"""What stands on the pages of report.pdf.

Comes in: `ReportFacts`. Goes out: the PDF. In Korean: its readers are the police and the owner. Laws are named with where they
come from: Criminal Procedure Act 218 (voluntary submission), Personal Information Protection Act 18(5) (the receiver is asked
to limit the use), police rule 훈령 1178 with its Form 9 (voluntary submission of storage media).
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from agent.evidence.bag_files.bag_form import REVEALED, SEALED
from agent.evidence.event_data import grouped
from agent.evidence.legal import basis_of
from agent.evidence.report_facts import ReportFacts
from agent.evidence.report_pdf import MARGIN, Paper

STEPS_MOST = 60  # lines of the custody that are printed; custody.json has all of them
STILL_WIDTH, QR_WIDTH = 66.0, 46.0  # mm
TO_FILL = "　" * 12  # wide blanks to write on


def draw_report(facts: ReportFacts) -> bytes:
    """Raises FontMissing."""
    foot = f"{facts.shop} · {facts.incident} · 묶음 {facts.digest[:16]} · {facts.software}"
    paper = Paper(f"증거 보고서 {facts.incident}", foot, facts.exported_utc)
    for draw in (_front, _files, _custody, _form):
        paper.add_page()
        draw(paper, facts)
    return bytes(paper.output())


def _front(paper: Paper, facts: ReportFacts) -> None:
    paper.heading("증거 보고서", large=True)
    top = paper.get_y()
    height = 0.0
    if facts.poster is not None:
        height = paper.still(facts.poster, paper.w - MARGIN - STILL_WIDTH, top, STILL_WIDTH)
    width = paper.epw - (STILL_WIDTH + 5 if height else 0)
    paper.facts(
        [
            ("매장", facts.shop),
            ("카메라", facts.camera),
            ("시작", _time(facts, facts.opened_utc)),
            ("끝", "-" if facts.closed_utc is None else _time(facts, facts.closed_utc)),
            ("내용", "\n".join(reason.ko for reason in facts.reasons)),
            ("당사자 수", f"{facts.people}명 {_masking(facts)}" if facts.people else "-"),
            ("사건 이름", facts.incident),
        ],
        width=width,
    )
    paper.set_y(max(paper.get_y(), top + height) + 1)
    paper.say(_clock(facts), size=8.5, dim=True)
    paper.heading("내보낸 기록")
    order = facts.order
    paper.facts(
        [
            ("내보낸 때", _time(facts, facts.exported_utc)),
            ("내보낸 사람", order.operator),
            ("받는 곳", order.receiver or "-"),
            ("목적", order.purpose),
            ("법적 근거", _basis(order.basis)),
            ("사건번호", order.case or "-"),
        ]
    )
    _ties(paper, facts)
    paper.heading("받는 분께")
    paper.say(
        "이 자료는 위 목적으로만 드립니다. 그 밖의 목적으로 이용하거나 다른 곳에 주지 마시고, 안전하게 보관해 주시기 바랍니다"
        "(개인정보 보호법 제18조 제5항). 얼굴이나 영상을 인터넷이나 매장에 공개하면 공개한 사람이 책임을 질 수 있습니다.",
        size=9,
    )


def _ties(paper: Paper, facts: ReportFacts) -> None:
    """What ties this paper to the files: the QR, the digest, the fingerprint."""
    paper.heading("이 종이와 파일이 같은 것인지 확인하는 값")
    if paper.get_y() + QR_WIDTH > paper.h - 22:
        paper.add_page()
    top, right = paper.get_y(), MARGIN + QR_WIDTH + 4
    paper.qr(facts.anchor, MARGIN, top, QR_WIDTH)
    paper.set_xy(right, top + 2)
    width = paper.w - MARGIN - right
    for name, value in (("묶음 번호", facts.digest), ("기기 지문", facts.fingerprint), ("verify.html", facts.tool)):
        paper.say(name, size=9, bold=True, width=width)
        half = len(value) // 2
        paper.say(f"{grouped(value[:half])}\n{grouped(value[half:])}", size=9, width=width)
        paper.ln(1.5)
        paper.set_x(right)
    paper.say(
        "묶음 안의 verify.html을 열어 묶음을 끌어다 놓고, QR의 글자(ANSIM1:…)를 넣으면 파일이 이 종이가 말하는 그대로인지 "
        "알려 줍니다. 인터넷은 필요 없습니다. 묶음을 위조한 사람은 verify.html도 바꿀 수 있으니, 그 sha256이 위와 같은지 먼저 "
        "보세요(윈도우: certutil -hashfile verify.html SHA256). 다른 방법은 README.txt에 있습니다.",
        size=8.5,
        dim=True,
        width=width,
    )
    paper.set_xy(MARGIN, max(paper.get_y(), top + QR_WIDTH))


def _files(paper: Paper, facts: ReportFacts) -> None:
    paper.heading("파일 목록")
    total = sum(file.bytes for file in facts.files)
    paper.say(
        f"이 보고서를 뺀 자료 {len(facts.files)}개, 모두 {total:,}바이트. 영상은 저장된 그대로이며 다시 압축하지 않았습니다. "
        "영상의 sha256은 저장한 직후 원장에 적힌 값과 같습니다.",
        size=9,
    )
    paper.ln(2)
    rows = [
        (file.name.removeprefix("data/"), f"{file.bytes:,}", f"{grouped(file.sha256[:32])}\n{grouped(file.sha256[32:])}")
        for file in facts.files
    ]
    paper.grid(("파일 (data/)", "바이트", "sha256"), rows, (80, 22, 72), size=8)


def _custody(paper: Paper, facts: ReportFacts) -> None:
    paper.heading("다룬 기록")
    paper.say("원장에 적힌 차례대로입니다. 번호는 원장의 기록 번호입니다.", size=9)
    paper.ln(2)
    shown = facts.steps[-STEPS_MOST:]
    rows = [
        (str(step.seq), _time(facts, step.utc), step.what.ko, " · ".join(filter(None, (step.who, step.purpose))))
        for step in shown
    ]
    paper.grid(("번호", "때", "한 일", "누가, 왜"), rows, (14, 36, 84, 40), size=8)
    if len(shown) < len(facts.steps):
        paper.say(f"앞의 {len(facts.steps) - len(shown)}건은 data/custody.json에 있습니다.", size=8.5, dim=True)


def _form(paper: Paper, facts: ReportFacts) -> None:
    paper.heading("정보저장매체등 임의제출서 (미리 채운 초안)", large=True)
    paper.say(
        "경찰청 훈령 제1178호 별지 제9호서식에 옮겨 적기 위한 초안입니다. 경찰관이 서식을 주면 그 서식에 적으시고, "
        "빈칸은 직접 채워 주세요.",
        size=9,
        dim=True,
    )
    paper.ln(2)
    order = facts.order
    total = sum(file.bytes for file in facts.files)
    paper.facts(
        [
            ("사건번호", order.case or TO_FILL),
            ("받는 관서", order.receiver or TO_FILL),
            ("제출인", f"성명: {TO_FILL}생년월일: {TO_FILL}\n주소: {TO_FILL}\n연락처: {TO_FILL}\n사건과의 관계: 매장 운영자"),
            ("정보저장매체", f"종류(USB 등): {TO_FILL}수량: 1\n제조사·모델·일련번호: {TO_FILL}"),
            (
                "담긴 전자정보",
                (
                    f"안심 증거 묶음 1개 (파일 {len(facts.files)}개와 보고서, {total:,}바이트)\n사건 이름: {facts.incident}\n"
                    f"묶음 번호(sha256):\n{grouped(facts.digest)}"
                ),
            ),
            (
                "제출 범위",
                f"{facts.shop}, {facts.camera} 카메라, {_span(facts)}의 {_scope(facts)}. 그 밖의 정보는 들어 있지 않습니다.",
            ),
            (
                "동일성",
                "영상의 sha256을 저장한 직후 원장에 적었고, 그 뒤 바뀌지 않았음을 전자서명과 원장으로 확인할 수 있습니다.",
            ),
            ("제출 취지", "위 정보저장매체등을 형사소송법 제218조에 따라 임의로 제출합니다."),
            ("돌려받기", "□ 사건이 끝나면 돌려받기를 원합니다   □ 폐기에 동의합니다"),
            ("탐색 참여", "□ 탐색·복제·출력 과정에 참여하기를 원합니다   □ 원하지 않습니다"),
        ],
        label=30,
    )
    paper.ln(6)
    paper.line_to_sign("20　　년　　　월　　　일")
    paper.line_to_sign(f"제출인{TO_FILL}(서명 또는 인)")
    paper.line_to_sign(f"받은 사람   소속·계급{TO_FILL}성명{TO_FILL}(서명 또는 인)")


def _basis(given: str) -> str:
    """The article of a ground from the list, or what was written."""
    known = basis_of(given)
    return given or "-" if known is None else f"{known.article.ko} ({known.name.ko})"


def _time(facts: ReportFacts, utc: float) -> str:
    return f"{datetime.fromtimestamp(utc, ZoneInfo(facts.timezone)):%Y-%m-%d %H:%M:%S}"


def _masking(facts: ReportFacts) -> str:
    if not _has(facts, REVEALED):
        return "(모두 가려짐)"
    return "(저장된 영상에서는 모두 가려짐. data/revealed/의 영상에는 절차를 거쳐 고른 사람이 보임)"


def _scope(facts: ReportFacts) -> str:
    """What is handed over, all of it: whoever signs the form answers for this sentence."""
    parts = ["영상", "그 기록", "앞뒤의 출입 기록"]
    parts += ["고른 사람이 보이는 영상"] if _has(facts, REVEALED) else []
    parts += ["봉인된 원본(가려지지 않음, 점주의 열쇠로만 열림)"] if _has(facts, SEALED) else []
    return ", ".join(parts)


def _has(facts: ReportFacts, folder: str) -> bool:
    return any(file.name.startswith(folder) for file in facts.files)


def _span(facts: ReportFacts) -> str:
    start = _time(facts, facts.opened_utc)
    return f"{start}부터 {'-' if facts.closed_utc is None else _time(facts, facts.closed_utc)}까지"


def _clock(facts: ReportFacts) -> str:
    zone = f"시각은 매장 기기의 시계입니다({facts.timezone})."
    follows = " 기기는 시간 서버에 맞추고 있습니다." if facts.clock.synchronised else ""
    offset = facts.clock.offset_s
    if offset is None:
        return f"{zone}{follows} 표준시와 비교한 기록은 없습니다."
    if offset == 0:
        return f"{zone}{follows} 표준시와 같은 것을 내보낼 때 확인했습니다."
    side = "빠릅니다" if offset > 0 else "느립니다"
    return f"{zone}{follows} 내보낼 때 표준시와 비교하니 {abs(offset):g}초 {side}."
