"""The project's own person detector:
how its rows become people, what it refuses, and that the committed weights see somebody.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.capture.demo import DemoShop
from agent.capture.raw import Planes, RawFrame
from agent.detection.own import COLUMNS, HEAD_MARGIN, OwnPeople, people_of
from agent.errors import ModelError
from agent.values import FrameStamp


def row(score: float, box: tuple[float, ...], head_score: float = 0.9, head: tuple[float, ...] = (0, 0, 10, 10)) -> np.ndarray:
    points = np.tile(np.asarray([box[0], box[1], 0.5]), 17)
    return np.concatenate(([score], box, [head_score], head, points)).astype(np.float32)


def frame(bgr: np.ndarray) -> RawFrame:
    height, width = bgr.shape[:2]
    planes = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    luma, quarter = height * width, height * width // 4
    return RawFrame(
        FrameStamp("till", 0, 0.0, 0.0),
        Planes(
            planes[:luma].reshape(height, width),
            planes[luma : luma + quarter].reshape(height // 2, width // 2),
            planes[luma + quarter :].reshape(height // 2, width // 2),
        ),
    )


def written(folder: Path, rows: np.ndarray) -> Path:
    """A model file that gives `rows` whatever it sees."""
    import openvino as ov
    from openvino import opset13

    picture = opset13.parameter([1, 3, 224, 384], np.float32, name="picture")
    nothing = opset13.multiply(opset13.reduce_sum(picture, np.asarray([0, 1, 2, 3]), keep_dims=False), np.float32(0))
    answer = opset13.add(opset13.constant(rows[None].astype(np.float32)), nothing)
    ov.save_model(ov.Model([answer], [picture]), folder / "fixed.xml", compress_to_fp16=False)
    return folder / "fixed.xml"


def test_boxes_heads_and_points_are_shares_of_the_picture() -> None:
    (person,) = people_of(row(0.8, (96, 56, 192, 112), head=(100, 56, 140, 96))[None], 384, 224)
    assert (person.box.left, person.box.top, person.box.right, person.box.bottom) == pytest.approx((0.25, 0.25, 0.5, 0.5))
    assert person.score == pytest.approx(0.8)
    assert person.head is not None
    assert person.head.left == pytest.approx((100 - 40 * HEAD_MARGIN) / 384)
    assert person.head.bottom == pytest.approx((96 + 40 * HEAD_MARGIN) / 224)
    assert len(person.keypoints) == 17
    assert person.keypoints[0].x == pytest.approx(0.25)


def test_of_boxes_that_nearly_agree_the_strongest_stays() -> None:
    rows = np.stack([row(0.3, (10, 10, 60, 110)), row(0.7, (11, 10, 61, 110)), row(0.2, (200, 10, 260, 110))])
    assert [round(p.score, 1) for p in people_of(rows, 384, 224)] == [0.7, 0.2]


def test_a_head_that_the_network_is_not_sure_of_is_unknown() -> None:
    (person,) = people_of(row(0.8, (10, 10, 60, 110), head_score=0.2)[None], 384, 224)
    assert person.head is None


def test_a_head_without_area_is_unknown() -> None:
    (person,) = people_of(row(0.8, (10, 10, 60, 110), head=(20, 20, 20, 40))[None], 384, 224)
    assert person.head is None


def test_what_is_no_number_or_outside_the_picture_is_nobody() -> None:
    broken = row(0.9, (10, 10, 60, 110))
    broken[2] = np.nan
    beside = row(0.9, (10, 220, 60, 300))
    assert people_of(np.stack([broken, beside]), 384, 200) == ()
    assert people_of(np.zeros((0, COLUMNS), np.float32), 384, 224) == ()


def test_boxes_are_cut_to_the_picture() -> None:
    (person,) = people_of(row(0.9, (-50, -50, 100, 500))[None], 384, 224)
    assert person.box == person.box.clipped()


def test_grey_beside_a_narrow_picture_does_not_shift_people(tmp_path: Path) -> None:
    own = OwnPeople(written(tmp_path, row(0.9, (149, 112, 298, 224))[None]))
    (person,) = own.look(frame(np.zeros((480, 640, 3), np.uint8)), 0.1)  # seen as 298 x 224 in the upper left of 384 x 224
    assert (person.box.left, person.box.top, person.box.right, person.box.bottom) == pytest.approx((0.5, 0.5, 1.0, 1.0))


def test_hits_below_weak_are_left_out(tmp_path: Path) -> None:
    own = OwnPeople(written(tmp_path, np.stack([row(0.12, (10, 10, 60, 110)), row(0.08, (200, 10, 260, 110))])))
    assert len(own.look(frame(np.zeros((360, 640, 3), np.uint8)), 0.10)) == 1
    assert len(own.look(frame(np.zeros((360, 640, 3), np.uint8)), 0.05)) == 2


def test_the_frame_can_still_be_masked_after_a_look(tmp_path: Path) -> None:
    raw = frame(np.zeros((360, 640, 3), np.uint8))
    OwnPeople(written(tmp_path, row(0.9, (10, 10, 60, 110))[None])).look(raw, 0.1)
    assert raw.take(640, 360).y.shape == (360, 640)


def test_another_kind_of_network_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not Ansim's own person model"):
        OwnPeople(written(tmp_path, np.zeros((5, 56))))


def test_a_missing_or_broken_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        OwnPeople(tmp_path / "person.onnx")
    (tmp_path / "person.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError):
        OwnPeople(tmp_path / "person.onnx")


@pytest.fixture(scope="module")
def own(root: Path) -> OwnPeople:
    model = root / "models" / "person.onnx"
    if not model.exists():
        pytest.skip("models/person.onnx is not trained yet")
    return OwnPeople(model)


def test_the_committed_weights_see_the_people_of_the_drawn_shop(own: OwnPeople) -> None:
    shop = DemoShop(7)
    seen = there = 0
    for t in range(5, 95, 3):
        truth = shop.truth(t)
        people = [box.clipped() for box, _ in truth.people if box.clipped().height > 0.15 and truth.covered == 0]
        found = own.look(frame(shop.picture(t)), 0.10)
        there += len(people)
        seen += sum(any(box.iou(p.box) >= 0.3 for p in found) for box in people)
    assert there >= 10
    assert seen >= 0.8 * there


def test_the_committed_weights_see_no_fewer_people_of_real_ceiling_cameras_than_their_card_says(
    own: OwnPeople, shared: Path
) -> None:
    seen = there = 0
    for file in sorted((shared / "data" / "people_frames" / "images").glob("*.jpg")):
        picture = cv2.imread(str(file))
        found = own.look(frame(picture), 0.10)
        for line in (file.parents[1] / "labels" / f"{file.stem}.txt").read_text().splitlines():
            x, y, w, h = (float(v) for v in line.split()[1:5])
            there += 1
            seen += any(
                p.box.left < x < p.box.right and p.box.top < y < p.box.bottom and 0.3 < p.box.area / (w * h) < 3 for p in found
            )
    assert seen >= 0.7 * there  # to be raised with every better training
