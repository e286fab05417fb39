"""On what legal ground pictures of a chosen person may be shown to somebody: the list, with where each ground stands.

Comes in: nothing. Goes out: `BASES`. Pure. Collected for this program from the Personal Information Protection Act (PIPA,
개인정보 보호법), the Standard Guideline on Personal Information Protection (고시 2025-4) and the Criminal Procedure Act, as of
2026-11. Not legal advice, and the pages that use it say so. "Needed for a criminal investigation" (PIPA 18(2)7) is left out on
purpose: only public bodies may rely on it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from agent.values import Text


class Use(enum.StrEnum):
    """What becomes of the pictures; the register keeps both apart."""

    VIEWING = "viewing"  # people ask to see themselves
    PROVISION = "provision"  # somebody else gets them


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """One ground. key: as it stands on the ledger, never renamed. name: for the list. article, source: where it stands.

    document: it rests on a paper (warrant, official letter, consent), whose number the ceremony asks for. advice: what to mind.
    """

    key: str
    use: Use
    name: Text
    article: Text
    source: str
    advice: Text
    document: bool = False


BASES: tuple[LegalBasis, ...] = (
    LegalBasis(
        "viewing",
        Use.VIEWING,
        Text(ko="본인이 자기 영상의 열람을 요구함", en="somebody asks to see the pictures of themselves"),
        Text(ko="개인정보 보호법 제35조", en="PIPA article 35"),
        "표준 개인정보 보호지침(고시 2025-4) 제44조",
        Text(
            ko="본인이나 위임장을 확인해 주세요. 본인만 보이게 하고 10일 안에 답해야 합니다. 경찰을 데려오라고 할 수 없습니다.",
            en="Check who they are, or their proxy letter. Show them alone, and answer within 10 days. Do not ask for police.",
        ),
    ),
    LegalBasis(
        "purpose",
        Use.PROVISION,
        Text(ko="설치 목적(범죄 예방) 안에서 제공", en="within the purpose of the cameras (crime prevention)"),
        Text(ko="개인정보 보호법 제17조 제1항", en="PIPA article 17(1)"),
        "표준 개인정보 보호지침(고시 2025-4) 제45조",
        Text(
            ko="안내판과 운영 방침에 적은 목적이어야 합니다. 경찰에는 임의제출(형사소송법 제218조)로 냅니다.",
            en="It has to be the purpose on the sign and in the policy. Police get it as a voluntary submission (CPA 218).",
        ),
    ),
    LegalBasis(
        "consent",
        Use.PROVISION,
        Text(ko="보이는 사람이 따로 동의함", en="whoever is shown has consented to this"),
        Text(ko="개인정보 보호법 제18조 제2항 제1호", en="PIPA article 18(2)1"),
        "표준 개인정보 보호지침(고시 2025-4) 제45조",
        Text(
            ko="동의서를 받아 두고 그 번호나 날짜를 적어 주세요.", en="Keep the written consent, and note its number or date."
        ),
        document=True,
    ),
    LegalBasis(
        "law",
        Use.PROVISION,
        Text(ko="다른 법률의 규정이나 영장", en="another law says so, or a warrant"),
        Text(ko="개인정보 보호법 제18조 제2항 제2호", en="PIPA article 18(2)2"),
        "표준 개인정보 보호지침(고시 2025-4) 제45조",
        Text(
            ko="영장이나 공문의 번호를 적고 사본을 받아 두세요.",
            en="Note the number of the warrant or letter, and keep a copy.",
        ),
        document=True,
    ),
    LegalBasis(
        "danger",
        Use.PROVISION,
        Text(ko="생명·신체·재산의 급박한 위험", en="urgent danger to somebody's life, body or property"),
        Text(ko="개인정보 보호법 제18조 제2항 제3호", en="PIPA article 18(2)3"),
        "표준 개인정보 보호지침(고시 2025-4) 제45조",
        Text(ko="무엇이 급박했는지 이유에 적어 주세요.", en="Say in the reason what was urgent."),
    ),
    LegalBasis(
        "safety",
        Use.PROVISION,
        Text(ko="공공의 안전을 위해 긴급히 필요함", en="urgently needed for public safety"),
        Text(ko="개인정보 보호법 제18조 제2항", en="PIPA article 18(2)"),
        "표준 개인정보 보호지침(고시 2025-4) 제45조",
        Text(ko="무엇이 긴급했는지 이유에 적어 주세요.", en="Say in the reason what was urgent."),
    ),
)


def basis_of(key: str) -> LegalBasis | None:
    return next((basis for basis in BASES if basis.key == key), None)
