"""The audit of all generators that ship with the course, and of lesson 06's loops.

A shipped generator is audited against all 60,000 training images, a loop against the 3,000 real
images that it owns; 1,000 images of each, and 1,000 test images. Two controls show what the audit
says of test images, and of test images of which one in twenty is replaced by a training image. The
loops take three seeds, the rest one. May be interrupted. Writes audits.csv, and with it the tables
of docs/audits.md.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tables import fill

from generative_vision import data, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras

from generative_vision.audit import Audit, Finding, audit
from generative_vision.loops import SelfConsumingLoop
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.denoiser import Denoiser
from generative_vision.models.image_losses import image_losses
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.weights import pretrained

keras.config.set_dtype_policy("float32")

PAGE = Path(__file__).parent.parent / "docs" / "audits.md"
N_REAL, STEPS, BATCH, CODE_EPOCHS, GENERATIONS = 3000, 288, 125, 7, (1, 4)  # as in lesson 06
CONTROLS = {"test images": 0, "one in twenty a copy": 20}  # every which image is replaced
ENDS = ("from", "to")
FORMATS = {
    "copied": "{:.1%}",
    "C_T": "{:.1f}",
    "authenticity": "{:.2f}",
    "membership": "{:.2f}",
}
PROTOCOLS = ("fully synthetic", "accumulate")
SHIPPED = [
    entry["model"]
    for entry in data.entries()
    if "model" in entry and not entry["class"].startswith(("autoencoder:", "classifier:"))
]


def main() -> None:
    """Run what is missing in the table, and write the page's tables."""
    names = [*CONTROLS, *SHIPPED, *PROTOCOLS]
    fill(
        "audits.csv", names, measure, __doc__, dict.fromkeys(names, 1) | dict.fromkeys(PROTOCOLS, 3)
    )
    write_page()


def measure(name: str, seed: int) -> list[dict]:
    """Return the rows of one run."""
    images, test = data.load_fashion_mnist("train")[0], data.load_fashion_mnist("test")[0]
    if name in PROTOCOLS:
        loop = run_loop(name, seed, images)
        return [
            row
            for generation in GENERATIONS
            for row in rows(
                name, seed, generation, audit(loop.history[generation - 1], loop.real.fixed, test)
            )
        ]
    if name in CONTROLS:
        source, every = test[-1000:].copy(), CONTROLS[name]
        if every:
            source[::every] = images[: len(source[::every])]
        return rows(name, seed, "", audit(source, images, test[:-1000]))
    model = pretrained(name)
    loss = (lambda some: image_losses(model, some)) if isinstance(model, Denoiser) else None
    return rows(name, seed, "", audit(model, images, test, loss=loss))


def run_loop(protocol: str, seed: int, images) -> SelfConsumingLoop:
    """Return lesson 06's loop of latent flows after its last generation."""
    keras.utils.set_random_seed(seed)
    autoencoder = Autoencoder(32)
    options = {"n_real": N_REAL, "n_synthetic": N_REAL, "train_steps": STEPS, "batch_size": BATCH}
    loop = SelfConsumingLoop(
        lambda: compiled(LatentFlow(autoencoder, width=256), STEPS, 0.01),
        protocol,
        images=images,
        seed=seed,
        measure=None,
        **options,
    )
    compiled(autoencoder, CODE_EPOCHS * (N_REAL // 32), 0.006)
    autoencoder.fit(loop.real.fixed, batch_size=32, epochs=CODE_EPOCHS, verbose=0)
    autoencoder.trainable = False
    loop.run(max(GENERATIONS))
    return loop


def compiled(model, steps: int, rate: float):
    """Return the model with its optimizer."""
    adam = keras.optimizers.Adam(training.warmup_cosine(rate, steps), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=12)
    return model


def rows(name: str, seed: int, generation: int | str, found: Audit) -> list[dict]:
    """Return the rows of one audit: what each measure says, beside its null and interval."""
    findings = {
        "copied": found.copied,
        "C_T": found.data_copying,
        "authenticity": found.authenticity,
        "membership by loss" if found.has_loss else "membership by distance": found.membership,
        "visible": Finding(found.visible, (0.0, 0.0)),
    }
    return [
        {
            "source": name,
            "seed": seed,
            "generation": generation,
            "measure": measure,
            "value": f"{finding.value:.4g}",
            "null from": f"{finding.null[0]:.4g}",
            "null to": f"{finding.null[1]:.4g}",
            "interval from": f"{finding.interval[0]:.4g}" if finding.interval else "",
            "interval to": f"{finding.interval[1]:.4g}" if finding.interval else "",
        }
        for measure, finding in findings.items()
    ]


def write_page() -> None:
    """Replace the page's tables, each between two comments, by those of audits.csv."""
    audits: dict[tuple[str, str, str], dict[str, dict]] = {}
    for row in csv.DictReader((data.ASSETS / "audits.csv").read_text("utf-8").splitlines()):
        key = row["source"], row["seed"], row["generation"]
        audits.setdefault(key, {})[row["measure"].split(" by ")[0]] = row
    text = PAGE.read_text("utf-8")
    for table, names in {"shipped": [*CONTROLS, *SHIPPED], "loops": PROTOCOLS}.items():
        lines = ["| | copied share | C_T | authenticity | membership |", "|---|---|---|---|---|"]
        lines += [line(*key, found) for key, found in audits.items() if key[0] in names]
        text = re.sub(
            rf"(<!-- {table} -->\n).*?(<!-- end -->)",
            lambda ends: ends[1] + "\n".join([*lines, ends[2]]),  # noqa: B023
            text,
            flags=re.DOTALL,
        )
    PAGE.write_text(text, "utf-8")


def line(name: str, seed: str, generation: str, found: dict[str, dict]) -> str:
    """Return a table's line: values in bold where they are no chance."""
    cells = [f"{name}, generation {generation}, seed {seed}" if generation else name]
    for measure, show in FORMATS.items():
        row, copied = found[measure], measure == "copied"
        value, *ends = (
            float(row[key])
            for key in ("value", *(f"{'interval' if copied else 'null'} {end}" for end in ENDS))
        )
        chance = ends[0] <= 0 if copied else ends[0] <= value <= ends[1]
        text, low, high = (show.format(x).replace("-", "−") for x in (value, *ends))
        cells.append(f"{text if chance else f'**{text}**'} ({low} … {high})")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
