"""The cache in parcels small enough to be carried to another machine, and made a cache again there.

Comes in: the cache folder. Goes out: `index.npz` and `part-N.npz` (JPEG pictures, longer side <= 320), each part below 52 MiB.
Held-out pictures are left at home but for those that the curve is drawn from.
    python scripts/train/pack.py pack .train .train/parcel        python scripts/train/pack.py unpack .train/parcel /tmp/cache
The parcels hold clear pictures of people: keep them in an ignored folder and carry them only to a machine of your own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from pictures import HELD_OUT, MEASURED, Store

PART = 52 << 20
LONGER = 320


def pack(cache: Path, parcel: Path) -> None:
    """Write the parcels."""
    parcel.mkdir(parents=True, exist_ok=True)
    store = Store(cache)
    (parcel / "index.npz").write_bytes((cache / "index.npz").read_bytes())
    coded: dict[str, np.ndarray] = {}
    part = size = 0
    for number in range(len(store)):
        source = str(store.source[number])
        if source in HELD_OUT and not (source in MEASURED and number % 4 == 0):
            continue
        pixels = store.pixels(number)
        scale = min(1.0, LONGER / max(pixels.shape[:2]))
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
        coded[str(number)], size = data.reshape(-1), size + data.size + 256
        if size > PART:
            np.savez(parcel / f"part-{part}.npz", **coded)  # type: ignore[arg-type]
            coded, part, size = {}, part + 1, 0
    np.savez(parcel / f"part-{part}.npz", **coded)  # type: ignore[arg-type]


def unpack(parcel: Path, cache: Path) -> None:
    """Make a cache of the parcels that are there; pictures that did not come along get no chance in training."""
    cache.mkdir(parents=True, exist_ok=True)
    index = dict(np.load(parcel / "index.npz"))
    source = index["source"].astype("U32")
    came = np.zeros(len(source), bool)
    offset = 0
    with (cache / "pixels.u8").open("wb") as out:
        for file in sorted(parcel.glob("part-*.npz")):
            part = np.load(file)
            for key in part.files:
                pixels = cv2.imdecode(part[key], cv2.IMREAD_COLOR)
                number = int(key)
                index["place"][number], came[number] = offset, True
                index["height"][number], index["width"][number] = pixels.shape[:2]
                out.write(pixels.tobytes())
                offset += pixels.size
    source[~came] = "absent"
    np.savez(cache / "index.npz", **(index | {"source": source}))  # type: ignore[arg-type]
    sys.stderr.write(f"{came.sum()} of {len(came)} pictures\n")


if __name__ == "__main__":
    verb, first, second = sys.argv[1:4]
    {"pack": pack, "unpack": unpack}[verb](Path(first), Path(second))
