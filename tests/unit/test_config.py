"""The owner's settings: what is read, and how mistakes are shown."""

import dataclasses
import re
import typing
from datetime import datetime
from pathlib import Path

import pytest

from agent.config import (
    CameraSettings,
    IncidentSettings,
    Settings,
    ZoneKind,
    default_toml,
    load_settings,
    overrides_from,
    with_sources,
)
from agent.config_value import dotted
from agent.errors import ConfigError

# settings of people and cameras, and rules that say yes or no
WITHOUT_THRESHOLD = ("people", "camera", "tailgating", "entry_without_code")
CAMERA = '[[cameras]]\nid = "till"\nsource = "demo:"\n'


@pytest.fixture
def load(tmp_path):
    def load_text(text: str, **overrides: object) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path, overrides)

    return load_text


def complaint(load, text: str, **overrides: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(text, **overrides)
    return caught.value


def test_without_a_file_the_defaults_are_those_of_the_dataclasses():
    settings = load_settings(None)
    plain = Settings()
    for part in ("shop", "panel", "masking", "recording", "incidents", "cameras"):
        assert getattr(settings, part) == getattr(plain, part)
    assert settings.data.folder == Path("~/ansim-data").expanduser()
    assert settings.detection.models == settings.data.folder / "models"


def test_default_toml_names_every_key_once_and_no_other():
    table, named = "", []
    for line in default_toml().splitlines():
        if header := re.fullmatch(r"\[([a-z_.]+)\]", line):
            table = header[1]
        elif key := re.match(r"([a-z_]+) = ", line):
            named.append(f"{table}.{key[1]}")
    assert sorted(named) == sorted(key for key in dotted(Settings) if key != "cameras")


def test_each_key_of_default_toml_is_explained_in_both_languages():
    for block in default_toml().split("\n\n")[1:]:
        for part in re.split(r"(?m)^[a-z_]+ = .*$", block):
            words = "".join(line for line in part.splitlines() if line.startswith("# "))
            if words:
                assert re.search("[가-힣]", words), part
                assert re.search("[A-Za-z]{4}", words), part


def test_the_example_camera_in_default_toml_can_be_taken_as_it_is(load):
    example = "\n".join(line[1:] for line in default_toml().splitlines() if re.match(r"#[a-z\[]", line))
    (camera,) = load(example).cameras
    assert camera.name == "계산대"
    assert camera.zones[0].kind == "staff"
    assert len(camera.privacy) == 1


def test_the_owners_file_overlays_single_keys(load):
    settings = load("[data]\nretention_days = 7\n[incidents.loitering]\nseconds = 12\n")
    assert settings.data.retention_days == 7
    assert settings.data.min_free_gb == Settings().data.min_free_gb
    assert settings.incidents.loitering.seconds == 12.0
    assert isinstance(settings.incidents.loitering.seconds, float)


def test_overrides_win_and_may_be_text(load):
    settings = load(
        '[detection]\nengine = "own"\n',
        **{"detection.engine": "reference", "detection.fps": "5", "panel.enabled": "false", "data.folder": Path("/x")},
    )
    assert settings.detection.engine == "reference"
    assert settings.detection.fps == 5.0
    assert settings.panel.enabled is False
    assert settings.data.folder == Path("/x")
    assert settings.detection.models == Path("/x/models")


def test_a_wrong_override_is_named_as_such(load):
    assert str(complaint(load, "", **{"detection.fps": "fast"})).startswith("--detection.fps: 'detection.fps' must be a number")
    assert "did you mean 'engine'" in str(complaint(load, "", **{"detection.engin": "own"}))


def test_overrides_from_the_environment_have_a_double_underscore():
    environ = {
        "ANSIM_DETECTION__ENGINE": "own",
        "ANSIM_MODELS": "/m",
        "HOME": "/h",
        "ANSIM_INCIDENTS__LOITERING__SECONDS": "20",
    }
    overrides = overrides_from(environ)
    assert overrides == {"detection.engine": "own", "incidents.loitering.seconds": "20"}
    assert load_settings(None, overrides).incidents.loitering.seconds == 20.0


def test_relative_paths_refer_to_the_files_folder(load, tmp_path):
    settings = load('[data]\nfolder = "d"\n[detection]\nmodels = "m"\n[[cameras]]\nid = "a"\nsource = "video/a.mp4"\n')
    assert settings.data.folder == tmp_path / "d"
    assert settings.detection.models == tmp_path / "m"
    assert settings.cameras[0].source == str(tmp_path / "video/a.mp4")


@pytest.mark.parametrize("source", ["rtsp://10.0.0.2/1", "https://10.0.0.2/mjpeg", "usb:0", "/dev/video0", "demo:", "demo:7"])
def test_addresses_stay_as_they_are(load, source):
    assert load(CAMERA.replace("demo:", source)).cameras[0].source == source


def test_an_unknown_key_is_shown_with_line_and_nearest_key(load):
    wrong = complaint(load, "[shop]\nname = 'x'\n\n[data]\n# days\nretension_days = 3\n")
    assert str(wrong) == "config.toml line 6: unknown key 'retension_days' - did you mean 'retention_days'?"
    assert wrong.text.ko == "config.toml 6번째 줄: 'retension_days' 설정은 없습니다. 혹시 'retention_days'인가요?"


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("[detecton]\nfps = 3\n", "line 1: unknown key 'detecton' - did you mean 'detection'?"),
        ("retention_days = 3\n", "line 1: unknown key 'retention_days' - did you mean 'data.retention_days'?"),
        ("data.retention_day = 3\n", "line 1: unknown key 'retention_day' - did you mean 'retention_days'?"),
        ("[shop]\nzzz = 3\n", "line 2: unknown key 'zzz'; known here: name, language, timezone, open_hours, staff_minutes"),
        (CAMERA + "sorce = 'x'\n", "line 4: unknown key 'sorce' - did you mean 'source'?"),
        (
            CAMERA + "zones = [\n  {name='a', kind='till', polygon=[[0,0],[1,0],[1,1]]},\n  {nam='b'},\n]\n",
            "line 6: unknown key 'nam' - did you mean 'name'?",
        ),
        (CAMERA + "\n[[cameras]]\nid = 'b'\nsource = 'demo:'\n[[cameras.zones]]\nkin = 'x'\n", "line 9: unknown key 'kin'"),
        ("[shop.open_hours]\nmonday = '24h'\n", "line 2: unknown key 'monday' - did you mean 'mon'?"),
    ],
)
def test_unknown_keys_anywhere(load, text, en):
    assert en in str(complaint(load, text))


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("[data]\nretention_days = 'x'\n", "line 2: 'data.retention_days' must be a whole number, not 'x'"),
        ("[data]\nretention_days = 3.5\n", "line 2: 'data.retention_days' must be a whole number, not 3.5"),
        ("[data]\nretention_days = true\n", "line 2: 'data.retention_days' must be a whole number, not True"),
        ("[data]\nretention_days = 0\n", "line 2: 'data.retention_days' must be between 1 and 3650, not 0"),
        ("[data]\nmax_gb = nan\n", "line 2: 'data.max_gb' must be between 0 and 1e+06, not nan"),
        ("[detection]\nfps = false\n", "line 2: 'detection.fps' must be a number, not False"),
        ("[panel]\nenabled = 1\n", "line 2: 'panel.enabled' must be true or false, not 1"),
        ('[panel]\ncertificate = "a.pem"\n', "line 2: panel.certificate and panel.private_key belong together"),
        ('[panel]\nprivate_key = "a.pem"\n', "line 2: panel.certificate and panel.private_key belong together"),
        ("[panel]\nhost = 1\n", "line 2: 'panel.host' must be text in quotes"),
        ("[data]\nfolder = 1\n", "line 2: 'data.folder' must be a path in quotes"),
        ("\ndata = 5\n", "line 2: 'data' must be a table ([data])"),
        ("[incidents.loitering]\nseconds = 5\n", "line 2: 'incidents.loitering.seconds' must be between 10 and 540, not 5"),
        (
            "[incidents.loitering]\nzones = ['loiter', 'shlf']\n",
            "line 2: 'incidents.loitering.zones.2' must be one of entrance, shelf, till, staff, exit, loiter, fixture",
        ),
        ("[incidents.loitering]\nzones = 'shelf'\n", "line 2: 'incidents.loitering.zones' must be a list"),
        ("[detection]\nengine = 'pos'\n", "line 2: 'detection.engine' must be one of auto, reference, own, pose, not 'pos'"),
        ("[detection]\nweak = 0.5\n", "line 2: detection.weak (0.5) must not be above detection.sure (0.4)"),
        ("[shop]\ntimezone = 'Asia/Soul'\n", "line 2: unknown time zone 'Asia/Soul' - did you mean 'Asia/Seoul'?"),
        ("[shop]\ntimezone = '../x'\n", "line 2: unknown time zone '../x'"),
        ("[shop]\nopen_hours = '9-23'\n", "line 2: opening hours '9-23' are not understood"),
        ("[shop.open_hours]\nmon = '09:00-24:30'\n", "line 2: opening hours '09:00-24:30' are not understood"),
        ("[shop.open_hours]\nmon = '09:00-22:60'\n", "line 2: opening hours"),
        ("[shop.open_hours]\nmon = []\n", "line 2: opening hours"),
        ("[recording]\nring_s = 60\n", "line 2: recording.ring_s must be at least 130"),
        ("[[cameras]]\nid = 'a'\n", "line 1: 'cameras.1' needs the key 'source'"),
        ("[[cameras]]\nid = 'a'\nsource = ' '\n", "line 3: the camera's source is empty"),
        ("[[cameras]]\nid = 'A b'\nsource = 'demo:'\n", "line 2: camera id 'A b' may hold only"),
        (CAMERA + CAMERA, "line 5: camera id 'till' is used twice"),
        ("cameras = 3\n", "line 1: 'cameras' must be a list"),
    ],
)
def test_wrong_values_are_shown_with_line_and_range(load, text, en):
    wrong = complaint(load, text)
    assert f"config.toml {en}" in str(wrong)
    assert re.search(r"config\.toml \d+번째 줄: .*[가-힣]", wrong.text.ko)


@pytest.mark.parametrize(
    ("polygon", "en"),
    [
        ("[[0, 0], [1, 1]]", "zone 'z' needs at least three corners"),
        ("[[0, 0], [1, 1], [1, 0], [0, 1]]", "the outline of zone 'z' crosses itself"),
        ("[[0, 0], [1, 0], [1, 0], [0, 1]]", "the outline of zone 'z' crosses itself"),
        ("[[0, 0], [0.5, 0], [1, 0]]", "zone 'z' encloses no area"),
        ("[[0, 0], [1.5, 0], [1, 1]]", "a corner is two numbers [x, y] between 0 and 1, not [1.5, 0]"),
        ("[[0, 0], [1, 0, 1], [1, 1]]", "a corner is two numbers"),
        ("[[0, 0], ['1', 0], [1, 1]]", "a corner is two numbers"),
        ("[[0, 0], [1, 0], [nan, 1]]", "a corner is two numbers"),
        ("[[0, 0], [1, 0], [-0.1, 1]]", "a corner is two numbers"),
        ("[[0, 0], 3, [1, 1]]", "a corner is two numbers"),
    ],
)
@pytest.mark.parametrize("kind", ["shelf", "fixture"])
def test_zones_must_have_a_clear_inside(load, polygon, en, kind):
    wrong = complaint(load, CAMERA + f"[[cameras.zones]]\nname = 'z'\nkind = '{kind}'\npolygon = {polygon}\n")
    assert f"config.toml line 7: {en}" in str(wrong)
    assert re.search(r"config\.toml 7번째 줄: .*[가-힣]", wrong.text.ko)


def test_each_kind_of_zone_can_be_drawn(load):
    zones = "".join(
        f"[[cameras.zones]]\nname = '{kind}'\nkind = '{kind}'\npolygon = [[0, 0], [1, 0], [1, 1]]\n"
        for kind in typing.get_args(ZoneKind)
    )
    (camera,) = load(CAMERA + zones).cameras
    assert [zone.kind for zone in camera.zones] == list(typing.get_args(ZoneKind))


def test_each_rule_has_at_most_one_threshold_that_owners_feedback_moves():
    for rule in dataclasses.fields(IncidentSettings):
        if dataclasses.is_dataclass(rule.default):
            tuned = [field for field in dataclasses.fields(rule.default) if field.metadata.get("tuned")]
            assert len(tuned) == (rule.name not in WITHOUT_THRESHOLD), rule.name
            assert all(field.metadata["low"] <= field.default <= field.metadata["high"] for field in tuned)


def test_privacy_areas_are_checked_like_zones(load):
    assert "line 4: privacy area 1 needs" in str(complaint(load, CAMERA + "privacy = [[[0, 0], [1, 1]]]\n"))


def test_zone_names_are_unique_on_a_camera_and_may_recur_on_another(load):
    zone = "[[cameras.zones]]\nname = 'z'\nkind = 'fixture'\npolygon = [[0, 0], [1, 0], [1, 1]]\n"
    twice = complaint(load, CAMERA + zone + zone.replace("fixture", "till"))
    assert "config.toml line 8: zone name 'z' is used twice" in str(twice)
    assert "config.toml 8번째 줄: 한 카메라에서 같은 구역 이름" in twice.text.ko
    assert len(load(CAMERA + zone + CAMERA.replace("till", "door") + zone).cameras) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = \n", 1), ("[data]\nretention_days = 3\nretention_days = 4\n", 3), ("[data\n", 1), ("\n\nx = 'a\n", 3)],
)
def test_toml_mistakes_are_shown_with_their_line(load, text, line):
    wrong = complaint(load, text)
    assert f"config.toml line {line}: this is not valid TOML" in str(wrong)
    assert f"config.toml {line}번째 줄: TOML 문법" in wrong.text.ko


def test_a_file_that_cannot_be_read(load, tmp_path):
    with pytest.raises(ConfigError, match="cannot be opened"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"[shop]\nname = '\xb0\xa1'\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(tmp_path / "latin.toml")


def test_a_password_in_a_source_is_not_shown_by_repr():
    assert "geheim" not in repr(CameraSettings(id="a", name="a", source="rtsp://u:geheim@h/1"))


def test_with_sources_replaces_the_cameras(load):
    settings = with_sources(load(CAMERA), ["demo:", "clips/a.mp4"])
    assert [(c.id, c.source) for c in settings.cameras] == [("camera-1", "demo:"), ("camera-2", "clips/a.mp4")]
    assert settings.cameras[0].name == "카메라 1"


# 2026-11-21 is a Saturday.
@pytest.mark.parametrize(
    ("hours", "when", "is_open"),
    [
        ("'24h'", "2026-11-21 03:00", True),
        ("'closed'", "2026-11-21 13:00", False),
        ("'09:00-23:00'", "2026-11-21 08:59", False),
        ("'09:00-23:00'", "2026-11-21 09:00", True),
        ("'09:00-23:00'", "2026-11-21 22:59", True),
        ("'09:00-23:00'", "2026-11-21 23:00", False),
        ("'09:00-24:00'", "2026-11-21 23:59", True),
        ("'09:00-24:00'", "2026-11-22 00:00", False),
        ("'18:00-02:00'", "2026-11-21 17:59", False),
        ("'18:00-02:00'", "2026-11-21 23:00", True),
        ("'18:00-02:00'", "2026-11-22 01:59", True),
        ("'18:00-02:00'", "2026-11-22 02:00", False),
        ("['10:00-12:00', '13:00-18:00']", "2026-11-21 12:30", False),
        ("['10:00-12:00', '13:00-18:00']", "2026-11-21 13:30", True),
        ("{sat = '18:00-02:00'}", "2026-11-22 01:00", True),  # Saturday's night goes on into Sunday
        ("{sun = '18:00-02:00'}", "2026-11-22 01:00", False),
        ("{sat = '18:00-02:00'}", "2026-11-21 01:00", False),
        ("{sat = '09:00-23:00'}", "2026-11-23 12:00", False),  # a day that is not named is closed
    ],
)
def test_opening_hours(load, hours, when, is_open):
    shop = load(f"[shop]\nstaff_minutes = 0\nopen_hours = {hours}\n").shop
    assert shop.is_open(datetime.fromisoformat(when)) is is_open


@pytest.mark.parametrize(
    ("when", "is_open"), [("08:29", False), ("08:30", True), ("23:29", True), ("23:30", False), ("23:59", False)]
)
def test_staff_may_be_inside_around_opening_hours(load, when, is_open):
    shop = load("[shop]\nstaff_minutes = 30\nopen_hours = '09:00-23:00'\n").shop
    assert shop.is_open(datetime.fromisoformat(f"2026-11-21 {when}")) is is_open
