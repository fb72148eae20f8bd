"""Copy photographs that ship with scikit-image to the package's assets, 256 pixels wide.

scikit-image is no dependency of the course: install it anywhere, and name its folder ``data``:
``python benchmarks/photos.py .../site-packages/skimage/data``. Sources and licences stand in
``generative_vision/assets/photos/LICENSE``, as scikit-image's own documentation states them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from shipping import list_in_manifest

from generative_vision import data

WIDTH = 256
CROPPED = {"brick": 384, "grass": 256, "gravel": 256}  # of 512: enlarges what they are made of
FILES = {
    "astronaut": "astronaut.png",
    "brick": "brick.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "hubble": "hubble_deep_field.jpg",
    "rocket": "rocket.jpg",
}


def main(folder: Path) -> None:
    """Write the files as PNG, which every machine decodes to the same pixels."""
    for name, file in FILES.items():
        with Image.open(folder / file) as picture:
            side = CROPPED.get(name)
            part = picture.crop((0, 0, side, side)) if side else picture
            height = round(part.height * WIDTH / part.width)
            small = part.resize((WIDTH, height), Image.Resampling.LANCZOS)
        path = f"photos/{name}.png"
        small.save(data.ASSETS / path, optimize=True)
        command = "python benchmarks/photos.py FOLDER"
        list_in_manifest(path, command, licence="photos/LICENSE")
        print(f"{path}: {small.mode}, {small.size}, {(data.ASSETS / path).stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
