"""Diffusion and flow learn and draw on JAX, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

SMOKE = """
import sys
import numpy as np
from generative_vision import prompts, runtime
runtime.setup(0)
import keras
from exact import averages, autoencoder, fashion
from generative_vision.models.diffusion import Diffusion, ddim_step
from generative_vision.models.latent_flow import LatentFlow, euler_step
from generative_vision.models.samplers import first_order

images, labels = fashion()
mask = np.zeros((28, 28))
mask[:14] = 1

for model, name, step in [
    (Diffusion(condition="captions", width=4), "ddim", ddim_step),
    (LatentFlow(autoencoder(), condition="labels", width=16, depth=1), "euler", euler_step),
]:
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    start, before = model.averaged.get_weights(), []
    told = prompts.captions(images, labels) if model.condition == "captions" else labels
    losses = []
    for _ in range(16):
        before.append(model.network.get_weights())
        losses += model.fit(images, told, batch_size=64, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < 0.97 * np.mean(losses[:3]), losses
    expected = averages(start, before, 0.998)
    for ours, theirs in zip(model.averaged.get_weights(), expected, strict=True):
        assert np.abs(ours - theirs).max() < 1e-5
    assert np.isfinite(model.evaluate(images, labels, verbose=0))

    def draw(solver):
        return model.sample(3, seed=0, steps=3, solver=solver)

    for solver in model.SOLVERS:
        assert np.isfinite(draw(solver)).all()
    assert np.abs(draw(first_order(step)) - draw(name)).max() < 1e-5
    own = lambda velocity, x, t, s, rng: x + (s - t) * keras.ops.convert_to_tensor(velocity(x, t))
    assert np.isfinite(draw(own)).all()
    assert np.isfinite(model.sample(3, seed=0, steps=2, guidance=2.0, prompt="a bag")).all()
    assert np.isfinite(model.refine(images[:3], 0.5, seed=0, steps=4, labels=3)).all()
    kept = draw(name)
    model.save_weights(sys.argv[1])
    model.averaged.set_weights([0 * w for w in model.averaged.get_weights()])
    assert np.abs(draw(name) - kept).max() > 1e-4
    model.load_weights(sys.argv[1])
    assert np.abs(draw(name) - kept).max() < 1e-6

model = Diffusion(width=4)
painted = model.inpaint(images[:3], mask, seed=0, steps=2, repeats=2)
assert np.isfinite(painted).all()
assert (painted[:, 14:] == images[:3, 14:]).all()
print("backend", keras.backend.backend())
"""


def test_diffusion_and_flow_on_jax(tmp_path):
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "GENERATIVE_VISION_PROFILE": "tiny",
        "PYTHONPATH": str(Path(__file__).parent),
        # a few steps are sooner done than compiled well
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    command = [sys.executable, "-c", SMOKE, str(tmp_path / "own.weights.h5")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "backend jax" in done.stdout
