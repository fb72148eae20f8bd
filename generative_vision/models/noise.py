"""The noise that ``sample`` begins with and that solvers draw: NumPy's. Training draws Keras' own.

One seed, a whole number or several, feeds three streams that do not know of one another: ``seed``
itself the noise that samples begin with, ``[seed, 1]`` what a solver draws on its way, and
``[seed, 2]`` labels. A generator in place of a seed feeds all three in turn.
"""

import numpy as np

from generative_vision.arguments import validate_numbers


def normal_noise(n: int, *shape: int, seed: int, spread: float = 1.0) -> np.ndarray:
    """Draw the noise z ~ N(0, λI), float32 (n, ...), that samples begin with.

    Args:
        spread: λ ≥ 0, the sampling bias of Alemohammad et al. (2023): 1 is faithful, less is less
            varied.
    """
    validate_draw(n, spread)
    return (stream(seed).normal(size=(int(n), *shape)) * np.sqrt(spread)).astype("float32")


def stream(
    seed: int | np.random.Generator | np.random.SeedSequence | None, *number: int
) -> np.random.Generator:
    """Return a seed's stream, or a further one; a generator goes on, and None draws anew."""
    if isinstance(seed, np.random.SeedSequence):
        return np.random.default_rng(
            np.random.SeedSequence(
                seed.entropy, spawn_key=(*seed.spawn_key, *number), pool_size=seed.pool_size
            )
        )
    whole = isinstance(seed, int) or np.asarray(seed).dtype.kind in "biu"
    return np.random.default_rng([*np.asarray(seed).ravel().tolist(), *number] if whole else seed)


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw ε ~ N(0, I), float32: NumPy's, and so the same on every backend and device."""
    return rng.standard_normal(shape, "float32")


def validate_draw(n: int, spread: float) -> None:
    """Raise ValueError unless n ≥ 1, a whole number, and 0 ≤ λ < ∞."""
    validate_numbers(least=1, whole=True, n=n)
    validate_numbers(least=0, spread=spread)
