"""Self-consuming loops: generators trained on what generators drew.

Source: Alemohammad et al. (2023), arXiv:2307.01850.
"""

from generative_vision.loops.folder import Generation, LoopFolder
from generative_vision.loops.gaussian import GaussianRuns, gaussian_loop
from generative_vision.loops.history import History, as_pictures, from_pictures
from generative_vision.loops.images import RealImages, SelfConsumingLoop, measure
from generative_vision.loops.protocols import PROTOCOLS
from generative_vision.loops.shipped import shipped_pictures, shipped_table

__all__ = [
    "PROTOCOLS",
    "GaussianRuns",
    "Generation",
    "History",
    "LoopFolder",
    "RealImages",
    "SelfConsumingLoop",
    "as_pictures",
    "from_pictures",
    "gaussian_loop",
    "measure",
    "shipped_pictures",
    "shipped_table",
]
