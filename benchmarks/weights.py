"""Train the weights that ship with the package again: python benchmarks/weights.py NAME ... (all without a name).

Writes generative_vision/assets/weights/NAME.weights.h5 and its entry in the manifest, and prints what the
model reaches on the test images. Seed 0. Weights differ from machine to machine in their last digits.
"""

from __future__ import annotations

import hashlib
import sys
import time

from generative_vision import data, training

SIZES = (2, 4, 8, 16, 32, 64, 128)  # of the code
BAG = data.CLASS_NAMES.index("bag")
NOISE = 0.5  # standard deviation of what the denoising autoencoder takes away

#: name: (class, constructor's arguments, what it trains on, epochs)
RECIPES = {f"autoencoder-{d}": ("autoencoder:Autoencoder", {"code_size": d}, "train", 6) for d in SIZES}
RECIPES["autoencoder-32-denoising"] = ("autoencoder:Autoencoder", {"code_size": 32}, "train", 6)
RECIPES["autoencoder-32-no-bags"] = ("autoencoder:Autoencoder", {"code_size": 32}, "train without bags", 6)


def main(names: list[str]) -> None:
    """Train the named models one after the other and write each as soon as it is done."""
    unknown = set(names) - RECIPES.keys()
    if unknown:
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(RECIPES)}.")
    for name in names or RECIPES:
        training.setup(seed=0)
        from generative_vision.models.autoencoder import Autoencoder

        start = time.perf_counter()
        model, error = train(*RECIPES[name], denoise=name.endswith("denoising"))
        seconds = time.perf_counter() - start
        path = data.ASSETS / "weights" / f"{name}.weights.h5"
        path.parent.mkdir(exist_ok=True)
        bare = Autoencoder(**RECIPES[name][1])  # not compiled: an optimizer's state would triple the file
        bare.set_weights(model.get_weights())
        bare.save_weights(path)
        list_in_manifest(name, path, *RECIPES[name][:2])
        print(f"{name}: test MSE {error:.4f}, {seconds:.0f} s, {path.stat().st_size / 1e6:.1f} MB", flush=True)


def train(kind: str, arguments: dict, split: str, epochs: int, *, denoise: bool):
    """Return the trained model and its mean squared error on the test images (clean ones)."""
    import keras
    from keras import ops, random

    from generative_vision.models.autoencoder import Autoencoder

    images, labels = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    if split == "train without bags":
        images = images[labels != BAG]
    if denoise:
        arguments = {**arguments, "corrupt": lambda x: ops.clip(x + NOISE * random.normal(ops.shape(x)), -1, 1)}
    model = Autoencoder(**arguments)
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, epochs * len(images) // 64)
    model.compile(optimizer=keras.optimizers.Adam(schedule), steps_per_execution=20)
    model.fit(images, batch_size=64, epochs=epochs, verbose=2)
    return model, float(((model.reconstruct(test) - test) ** 2).mean())


def list_in_manifest(name: str, path, kind: str, arguments: dict) -> None:
    """Replace or add the model's entry in the manifest of shipped files."""
    manifest = data.ASSETS / "manifest.toml"
    head, *entries = manifest.read_text(encoding="utf-8").split("[[file]]\n")
    entries = [entry.rstrip() + "\n" for entry in entries if f'model = "{name}"' not in entry]
    given = ", ".join(f"{key} = {value}" for key, value in arguments.items())
    entries.append(
        f'path = "weights/{path.name}"\n'
        f'sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"\n'
        'licence = "weights/LICENSE"\n'
        f'model = "{name}"\nclass = "{kind}"\narguments = {{ {given} }}\n'
        f'command = "python benchmarks/weights.py {name}"\n'
    )
    manifest.write_text(head + "\n".join("[[file]]\n" + entry for entry in entries), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
