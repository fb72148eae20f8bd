"""The data's own card: Fashion-MNIST, counted from the files that ship."""

from __future__ import annotations

import numpy as np

from generative_vision import data
from generative_vision.cards.front import front_matter
from generative_vision.data import CLASS_NAMES


def data_card() -> str:
    """Return the card of Fashion-MNIST in Markdown, with its metadata in YAML.

    Counts, grey levels and equal images are taken from the files as they are here.
    """
    splits = {split: data.load_fashion_mnist(split) for split in ("train", "test")}
    sections = {
        "What it is": _what(splits),
        "Counted": _counted(splits),
        "Equal images": _equal(splits),
        "What it cannot tell": _limits(),
        "Licence and source": (
            "MIT, Copyright (c) 2017 Zalando SE. Xiao, Rasul and Vollgraf (2017), "
            "arXiv:1708.07747. It ships with this course as it was published, and each file is "
            "checked against its SHA-256."
        ),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    head = front_matter(
        {
            "license": "mit",
            "pretty_name": "Fashion-MNIST",
            "size_categories": ["10K<n<100K"],
            "task_categories": ["image-classification", "unconditional-image-generation"],
        }
    )
    return f"{head}\n# Fashion-MNIST\n\n{body}\n"


def _what(splits: dict) -> str:
    sizes = " and ".join(f"{len(labels):,} for {split}ing" for split, (_, labels) in splits.items())
    return (
        f"Grey pictures of clothes, 28 × 28 pixels of 256 levels, {sizes}, each with one of ten "
        "labels. They were made from a shop's photographs of its articles."
    )


def _counted(splits: dict) -> str:
    rows = []
    for number, name in enumerate(CLASS_NAMES):
        cells = [name]
        for images, labels in splits.values():
            own = images[labels == number]
            cells += [f"{len(own):,}", f"{own.mean(dtype='float64'):.2f}".replace("-", "−")]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(
        [
            "| class | training images | their brightness | test images | their brightness |",
            "|---|---:|---:|---:|---:|",
            *rows,
            "",
            "Brightness is the mean of all pixels, from −1 (black, the background) to 1.",
        ]
    )


def _equal(splits: dict) -> str:
    keys = {
        split: [image.tobytes() for image in images.astype(np.float16)]
        for split, (images, _) in splits.items()
    }
    train, test = keys["train"], keys["test"]
    known = set(train)
    again, shared = len(train) - len(known), sum(key in known for key in test)
    return (
        f"Of the training images {again or 'none'} {'is' if again < 2 else 'are'} equal to an "
        f"earlier one, pixel by pixel, and of the test images {shared or 'none'} to a training "
        "image. Nearly equal ones are not counted here."
    )


def _limits() -> str:
    return "\n".join(
        [
            "- No people: nothing about skin, age, sex or bodies can be measured with it, neither "
            "in the data nor in a model that was trained on it.",
            "- One shop's articles of one time: other clothes, and those of other places, are "
            "missing.",
            "- Ten labels, each as frequent as the other: the world's shares are not known from "
            "it. One label for each picture, right or not.",
            "- No colour, and 28 pixels: what looks right here need not look right at any other "
            "size.",
        ]
    )
