"""A run that begins with an exported file begins with what the file says, whole numbers or fractions."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra ansim[train] is not installed")
onnx = pytest.importorskip("onnx", reason="the extra ansim[train] is not installed")

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts" / "train"))

from network import Eyes  # noqa: E402
from start import blend, convolutions, fill, take_up  # noqa: E402


def learned(seed: int) -> Eyes:
    """A network whose norms have seen something."""
    torch.manual_seed(seed)
    eyes = Eyes().train()
    with torch.no_grad():
        for _ in range(30):
            eyes(torch.rand(2, 3, 64, 64) * 255)
    return eyes.eval()


def written(folder: Path, eyes: Eyes) -> Path:
    torch.onnx.export(eyes, (torch.zeros(1, 3, 64, 64),), str(folder / "eyes.onnx"), opset_version=17, dynamo=False)
    return folder / "eyes.onnx"


@pytest.mark.filterwarnings("ignore")
class TestStart:
    def test_an_exported_file_says_the_same_again(self, tmp_path: Path) -> None:
        eyes, again = learned(1), Eyes()
        take_up(again, written(tmp_path, eyes), [torch.rand(4, 3, 64, 64) * 255])
        picture = torch.rand(1, 3, 64, 64) * 255
        with torch.no_grad():
            assert torch.allclose(again.eval()(picture), eyes(picture), atol=1e-3)

    def test_training_mode_says_the_same_on_the_pictures_that_were_measured(self, tmp_path: Path) -> None:
        eyes, again = learned(2), Eyes()
        batch = torch.rand(8, 3, 64, 64) * 255
        take_up(again, written(tmp_path, eyes), [batch])
        with torch.no_grad():
            assert torch.allclose(again.train()(batch), eyes(batch), atol=1e-2)

    def test_a_blend_is_the_middle_with_norms_of_the_pictures_that_it_saw(self, tmp_path: Path) -> None:
        eyes, other = learned(3), learned(4)
        torch.save({"average": other.state_dict()}, tmp_path / "best.pt")
        first, second = eyes.stem[0], other.stem[0]
        middle = (first[0].weight + second[0].weight).detach() / 2
        batch = torch.rand(4, 3, 64, 64) * 255
        blend(eyes, tmp_path / "best.pt", [batch])
        assert torch.allclose(first[0].weight, middle)
        with torch.no_grad():
            sums = first[0](batch * (1 / 64) - 2)
        assert torch.allclose(first[1].running_mean, sums.mean((0, 2, 3)), atol=1e-4)
        assert not eyes.training

    def test_whole_numbers_become_fractions(self, tmp_path: Path) -> None:
        whole = np.asarray([[[[3]]], [[[-5]]]], np.int8)
        parts = [
            onnx.numpy_helper.from_array(whole, "whole"),
            onnx.numpy_helper.from_array(np.asarray([0.5, 0.1], np.float32), "scale"),
            onnx.numpy_helper.from_array(np.asarray([0, 1], np.int8), "zero"),
            onnx.numpy_helper.from_array(np.asarray([1.0, 2.0], np.float32), "offset"),
        ]
        nodes = [
            onnx.helper.make_node("DequantizeLinear", ["whole", "scale", "zero"], ["weight"], axis=0),
            onnx.helper.make_node("Conv", ["in", "weight", "offset"], ["out"]),
        ]
        ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in ("in", "out")]
        onnx.save(onnx.helper.make_model(onnx.helper.make_graph(nodes, "one", ends[:1], ends[1:], parts)), tmp_path / "q.onnx")
        ((weight, offset),) = convolutions(tmp_path / "q.onnx")
        assert weight.reshape(-1) == pytest.approx([1.5, -0.6])
        assert offset == pytest.approx([1.0, 2.0])

    def test_weights_of_another_network_are_refused(self) -> None:
        with pytest.raises(ValueError, match="another network"):
            fill(Eyes(), [(np.zeros((1, 1, 1, 1), np.float32), np.zeros(1, np.float32))])
