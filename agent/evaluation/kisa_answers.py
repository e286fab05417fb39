"""Result files of a run of KISA's test: where each goes, and that none takes the place of a file that somebody else made.

Comes in: the folder that the results go to, the videos, where truth files are looked for. Goes out: `Answers`, which writes
them.

Results have the same form and ending as truth files, so a result in the wrong folder would replace the truth, or be read as
the truth by the next run, which would then find itself perfect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from agent.errors import ConfigError, StoreError
from agent.evaluation.kisa_xml import Alarm, is_result, result_xml
from agent.evaluation.resume import write_whole


@dataclass(frozen=True, slots=True)
class Answers:
    """Holding one means: every video has a place for its result where there is no file, or one that an earlier run wrote.

    places: by the video's name.
    """

    places: Mapping[str, Path]

    @classmethod
    def lay_out(cls, xml: Path, names: Iterable[str], truths: Iterable[Path]) -> Self:
        """names: the videos, relative to their folder; truths: where truth is looked for, there or not. Raises ConfigError."""
        looked_for = {path.resolve() for path in truths}
        places: dict[str, Path] = {}
        taken: dict[Path, str] = {}
        for name in names:
            place = xml / Path(name).with_suffix(".xml")
            if place.resolve() in looked_for:
                raise _truth(place)
            if place in taken:
                raise _twice(place, taken[place], name)
            if place.exists() and not is_result(place):
                raise _foreign(place)
            taken[place] = name
            places[name] = place
        return cls(places)

    def write(self, name: str, alarms: Iterable[Alarm]) -> None:
        """The result file of one video. Raises StoreError."""
        place = self.places[name]
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as wrong:
            raise StoreError(
                ko=f"{place.parent} 폴더를 만들 수 없습니다. 경로와 권한을 확인해 주세요.",
                en=f"The folder {place.parent} cannot be made ({wrong.strerror}). Check its path and permissions.",
            ) from wrong
        write_whole(place, result_xml(Path(name).name, tuple(alarms)))


def _truth(place: Path) -> ConfigError:
    return ConfigError(
        ko=f"결과 파일 {place}이(가) 정답 파일 자리에 놓이게 됩니다. --xml에 영상도 정답도 없는 다른 폴더를 적어 주세요.",
        en=f"The result {place} would lie where a truth file is looked for. Name another folder with --xml, "
        "one with neither videos nor truth in it.",
    )


def _twice(place: Path, one: str, other: str) -> ConfigError:
    return ConfigError(
        ko=f"영상 {one}와(과) {other}의 결과 파일 이름이 {place}로 같습니다. 하나의 이름을 바꾸거나 다른 폴더로 옮겨 주세요.",
        en=f"The videos {one} and {other} would share the result {place}. Rename one of them, or move it to another folder.",
    )


def _foreign(place: Path) -> ConfigError:
    return ConfigError(
        ko=f"{place}은(는) 안심이 쓴 결과 파일이 아니어서 덮어쓰지 않습니다. --xml에 빈 폴더를 적거나 이 파일을 옮겨 주세요.",
        en=f"{place} is not a result that Ansim wrote, so it is not replaced. Name an empty folder with --xml, or move it.",
    )
