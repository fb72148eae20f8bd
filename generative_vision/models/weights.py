"""Models with the weights that ship with the package."""

from importlib import import_module

from generative_vision import data


def pretrained(name: str, **functions):
    """Return a model with weights that ship with the package, for reading on without waiting.

    Args:
        name: as ``generative_vision/assets/manifest.toml`` lists it, such as ``"autoencoder-32"``.
        functions: the reader's own, passed on to the model's constructor; they are never stored.

    Raises:
        ValueError: no such model; the message lists those there are.
        AssetError: the file of weights is missing or altered.
    """
    entries = {entry["model"]: entry for entry in data.entries() if "model" in entry}
    if name not in entries:
        raise ValueError(f"There are no weights called {name!r}. There are: {', '.join(entries)}.")
    entry = entries[name]
    data.asset(entry["path"])  # its SHA-256
    module, builder = entry["class"].split(":")
    model = getattr(import_module(f"generative_vision.models.{module}"), builder)(
        **entry["arguments"], **functions
    )
    model.load_weights(data.ASSETS / entry["path"])
    return model
