"""Public tools alone (age, unzip, sha256sum, openssl) check a bag, by the very steps that its README.txt gives."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.evidence.delivery import Protection, deliver
from scripts.bench.tampering import relisted
from tests import bags

TOOLS = ("age", "unzip", "sha256sum", "openssl", "bash", "grep", "find")
missing = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {missing} (scripts/setup --dev does it)")


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A bag that was encrypted to somebody's key, and that key, both made by age itself."""
    folder = tmp_path_factory.mktemp("handed")
    key = folder / "key.txt"
    subprocess.run(["age-keygen", "-o", str(key)], capture_output=True, check=True)
    public = re.findall(r"age1\w+", key.read_text())[0]
    with bags.shop(folder / "data") as vault:
        done = deliver(bags.exporter(vault).compose(bags.ORDER).bag, folder, Protection(recipients=(public,)))
    return done.path, key


@pytest.fixture
def opened(handed: tuple[Path, Path], tmp_path: Path) -> Path:
    path, key = handed
    plain = tmp_path / path.with_suffix("").name
    subprocess.run(["age", "-d", "-i", str(key), "-o", str(plain), str(path)], check=True)
    subprocess.run(["unzip", "-q", str(plain), "-d", str(tmp_path)], check=True)
    return tmp_path / plain.with_suffix("").name


def steps(bag: Path) -> subprocess.CompletedProcess[str]:
    """The commands of [STEPS] in its README.txt, in its folder."""
    text = (bag / "README.txt").read_text("utf-8").split("[STEPS]\n")[-1]
    return subprocess.run(["bash", "-c", text], cwd=bag, capture_output=True, text=True, check=False)


def test_a_good_bag_passes_each_step(opened: Path) -> None:
    ran = steps(opened)
    lines = ran.stdout.splitlines()
    told = [line for line in lines if ": " in line]
    listed = (opened / "manifest-sha256.txt").read_text().count("\n") + (opened / "tagmanifest-sha256.txt").read_text().count(
        "\n"
    )
    assert sum(line.endswith(": OK") for line in told) == listed
    assert "Signature Verified Successfully" in lines
    assert not re.search("FAILED|Failure|MISSING", ran.stdout + ran.stderr)
    hashes = [line.split()[0] for line in lines if re.fullmatch(r"[0-9a-f]{64}  -", line)]
    readme = "".join((opened / "README.txt").read_text("utf-8").split())
    assert len(hashes) == 2
    assert all(value in readme for value in hashes)  # the fingerprint and the digest that it prints


def rehashed(bag: Path) -> None:
    """Somebody without the key makes the lists fit again."""
    files = {path.relative_to(bag).as_posix(): path.read_bytes() for path in bag.rglob("*") if path.is_file()}
    for name, data in relisted(files).items():
        (bag / name).write_bytes(data)


def change_pdf(bag: Path) -> None:
    (bag / "data" / "report.pdf").write_bytes(b"another")


def change_pdf_and_lists(bag: Path) -> None:
    change_pdf(bag)
    rehashed(bag)


def swap_clip(bag: Path) -> None:
    next((bag / "data" / "clips").glob("*.mp4")).write_bytes(b"another clip")


def add_file(bag: Path) -> None:
    (bag / "data" / "clips" / "more.mp4").write_bytes(b"one more")


def add_tool(bag: Path) -> None:
    (bag / "verify-me-first.html").write_bytes(b"unchanged")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_pdf, "report.pdf: FAILED"),
        (change_pdf_and_lists, "Verification Failure"),
        (swap_clip, r"\.mp4: FAILED"),
        (add_file, "more.mp4"),
        (add_tool, "verify-me-first.html"),
    ],
)
def test_a_tampered_bag_fails_a_step(opened: Path, change: Callable[[Path], None], said: str) -> None:
    change(opened)
    ran = steps(opened)
    assert re.search(said, ran.stdout + ran.stderr)


def test_a_passphrase_of_ours_is_one_of_age(tmp_path: Path) -> None:
    """age asks for a passphrase at a terminal only: `script` is one."""
    if shutil.which("script") is None:
        pytest.skip("no `script` here")
    with bags.shop(tmp_path / "data") as vault:
        done = deliver(bags.exporter(vault).compose(bags.ORDER).bag, tmp_path, Protection("four words of length"))
    plain = tmp_path / "out.zip"
    subprocess.run(
        ["script", "-qec", f"age -d -o {plain} {done.path}", "/dev/null"], input="four words of length\n",
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert hashlib.sha256(plain.read_bytes()).hexdigest()
    assert plain.read_bytes()[:2] == b"PK"
