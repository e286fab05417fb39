"""What happened, in words and numbers that any program can read: event.json, custody.json and the device's certificate.

Comes in: the incident, the export's order, the records. Goes out: JSON as bytes. The fields of `export` and `source` are those
of the ONVIF Export File Format (SurveillanceExportBox): name, URL and MAC of the unit, time and operator; name, URL, MAC and
line of the source. URL and MAC stay empty: a camera's address may hold a password.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import rfc8785

from agent import __version__
from agent.evidence.order import ExportOrder
from agent.settings import Settings
from agent.values import Text
from agent.vault import IncidentRow
from agent.vault.device_key import DeviceKey
from agent.vault.ledger import Record


@dataclass(frozen=True, slots=True)
class ClockState:
    """How far the PC's clock can be trusted.

    synchronised: whether the system says that it follows a time server; None: unknown.
    offset_s: seconds by which it is ahead of true time, as somebody compared them; None: nobody did.
    """

    synchronised: bool | None
    offset_s: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the custody: when (Unix time), number of its record, what was done, by whom and what for, if known."""

    utc: float
    seq: int
    what: Text
    who: str = ""
    purpose: str = ""


def event_json(row: IncidentRow, order: ExportOrder, settings: Settings, clock: ClockState, utc: float) -> bytes:
    """event.json; utc: Unix time of the export."""
    incident = row.incident
    zone = ZoneInfo(settings.shop.timezone)
    names = {camera.id: camera.name for camera in settings.cameras}
    body = {
        "format": "ansim-event-1",
        "export": {
            "name": settings.shop.name,
            "url": "",
            "mac": "",
            "time": _iso(utc, zone),
            "operator": order.operator,
            "software": f"Ansim {__version__}",
        },
        "source": [{"name": names.get(incident.camera, incident.camera), "url": "", "mac": "", "line": incident.camera}],
        "clock": {"timezone": settings.shop.timezone, "synchronised": clock.synchronised, "offset_s": clock.offset_s},
        "incident": {
            "id": incident.id,
            "rule": incident.rule,
            "severity": int(incident.severity),
            "opened_utc": incident.opened_utc,
            "opened": _iso(incident.opened_utc, zone),
            "closed_utc": incident.closed_utc,
            "closed": None if incident.closed_utc is None else _iso(incident.closed_utc, zone),
            "zone": incident.zone,
            "people": list(incident.tracks),
            "reasons": [{"ko": reason.ko, "en": reason.en} for reason in incident.reasons],
        },
        "clips": [
            {
                "file": clip.path.rpartition("/")[2],
                "start": _iso(clip.start_utc, zone),
                "end": _iso(clip.end_utc, zone),
                "frames": clip.frames,
                "record": clip.seq,
            }
            for clip in row.clips
        ],
        "handover": {"purpose": order.purpose, "receiver": order.receiver, "basis": order.basis, "case": order.case},
    }
    return _json(body)


def custody_json(steps: Sequence[Step], settings: Settings) -> bytes:
    zone = ZoneInfo(settings.shop.timezone)
    rows = [
        {
            "record": step.seq,
            "time": _iso(step.utc, zone),
            "utc": step.utc,
            "what": {"ko": step.what.ko, "en": step.what.en},
            "who": step.who,
            "purpose": step.purpose,
        }
        for step in steps
    ]
    return _json({"format": "ansim-custody-1", "steps": rows})


def custody(records: Iterable[Record]) -> tuple[Step, ...]:
    """What was done with an incident's pictures, as the ledger tells it, in its order."""
    steps = []
    for record in records:
        what = _what(record)
        if what is not None:
            body = record.body
            who = str(body.get("actor") or body.get("by") or "")
            steps.append(Step(record.utc, record.seq, what, who, _purpose(record)))
    return tuple(steps)


def certificate(key: DeviceKey, shop: str, utc: float) -> bytes:
    """device.json: whose key signs the bag, signed with that key; utc: Unix time."""
    body: dict[str, Any] = {
        "format": "ansim-device-1",
        "public_key": base64.b64encode(key.public).decode(),
        "fingerprint": key.fingerprint,
        "shop": shop,
        "issued_utc": round(utc, 3),
    }
    return _json({**body, "signature": base64.b64encode(key.sign(rfc8785.dumps(body))).decode()})


def grouped(hex_text: str) -> str:
    """Hex digits in fours, for the eye."""
    return " ".join(hex_text[at : at + 4] for at in range(0, len(hex_text), 4))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def local(utc: float, settings: Settings) -> str:
    """A time as the shop's clocks show it, to the second."""
    return f"{datetime.fromtimestamp(utc, ZoneInfo(settings.shop.timezone)):%Y-%m-%d %H:%M:%S}"


def _what(record: Record) -> Text | None:
    body = record.body
    if record.kind == "incident":
        return _CLOSED if body.get("closed_utc") is not None else _OPENED
    if record.kind == "access":
        action = str(body.get("action", ""))
        return _ACCESS.get(action, Text(ko=f"접근: {action}", en=f"Access: {action}"))
    if record.kind == "event":
        return Text(ko=str(body.get("ko", "")), en=str(body.get("en", "")))
    if record.kind == "incident.hold" and body.get("until") is None:
        return Text(ko="보존을 풀었습니다.", en="The hold was lifted.")
    return _STEPS.get(record.kind)


def _purpose(record: Record) -> str:
    said = record.body.get("reason") if record.kind == "incident.hold" else record.body.get("purpose")
    return str(said or "")


def _iso(utc: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(utc, UTC).astimezone(zone).isoformat(timespec="milliseconds")


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


_OPENED = Text(ko="사건이 기록되었습니다.", en="The incident was recorded.")
_CLOSED = Text(ko="사건이 끝난 것으로 기록되었습니다.", en="The incident was recorded as over.")
_STEPS = {
    "file.stored": Text(
        ko="영상을 저장하고 sha256을 원장에 적었습니다.", en="A clip was stored and its sha256 put on the ledger."
    ),
    "file.erased": Text(ko="영상을 지웠습니다.", en="A clip was erased."),
    "incident.clip": Text(ko="영상의 상태를 적었습니다.", en="The clip's state was recorded."),
    "incident.hold": Text(ko="보관 기간이 지나도 보존하도록 했습니다.", en="It was put on hold beyond retention."),
    "incident.verdict": Text(ko="점주가 경보를 판단했습니다.", en="The owner judged the alarm."),
    "sealed.stored": Text(ko="원본을 암호화하여 봉인했습니다.", en="The original was sealed, encrypted."),
    "sealed.erased": Text(ko="봉인한 원본의 열쇠를 지웠습니다.", en="The key of the sealed original was erased."),
    "reveal.step": Text(ko="사람을 보이게 하는 절차를 밟았습니다.", en="A step of the reveal procedure was taken."),
    "reveal.rendered": Text(
        ko="고른 사람만 보이는 영상을 만들었습니다.", en="A clip was made that shows the chosen person only."
    ),
    "evidence.exported": Text(ko="증거 묶음을 내보냈습니다.", en="An evidence bag was exported."),
}
_ACCESS = {
    "view_incident": Text(ko="사건을 열어 보았습니다.", en="The incident was looked at."),
    "play_clip": Text(ko="영상을 재생했습니다.", en="The clip was played."),
    "judge_real": Text(ko="실제 상황이라고 판정했습니다.", en="It was judged to be real."),
    "judge_false": Text(ko="잘못된 알림이라고 판정했습니다.", en="It was judged to be a false alarm."),
    "judge_undone": Text(ko="판정을 취소했습니다.", en="The judgement was taken back."),
    "begin_export": Text(ko="관리 화면에서 내보내기를 요청했습니다.", en="An export was asked for in the panel."),
    "export": Text(ko="내보내기를 시작했습니다.", en="An export was begun."),
    "ask_reveal": Text(ko="관리 화면에서 사람을 보이게 하려고 요청했습니다.", en="Showing people was asked for in the panel."),
    "preserve": Text(ko="관리 화면에서 보존하도록 정했습니다.", en="Keeping it longer was decided in the panel."),
    "end_preservation": Text(ko="관리 화면에서 보존을 끝냈습니다.", en="Keeping it was ended in the panel."),
    "approve_reveal": Text(ko="두 번째 사람이 비밀번호로 승인했습니다.", en="A second person approved with their password."),
    "approve_refused": Text(
        ko="승인하려 했으나 비밀번호가 맞지 않았습니다.", en="An approval was refused: the password was wrong."
    ),
}
