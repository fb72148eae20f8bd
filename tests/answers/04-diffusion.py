"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

TOY = """

def loss_of_toy(x, t, noise):
    def toy_network(x_t, t):
        return x_t / 2 + t

    return diffusion_loss(toy_network, x, t, noise)
"""

ANSWERS = {
    "exact-velocity": {
        "right": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    noise = (x_t[:, None, :] - a * known[None]) / s
    log_w = -0.5 * (noise**2).sum(axis=2)
    w = np.exp(log_w - log_w.max(axis=1)[:, None])
    w = w / w.sum(axis=1)[:, None]
    return np.einsum("nm,nmd->nd", w, a * noise - s * known[None])
""",
        "wrong": [
            "def exact_velocity(x_t, t, known):\n    t = max(t, 0.02)\n    x = best_guess(x_t, t, known)[0]\n    return (np.cos(np.pi / 2 * t) * x_t - x) / np.sin(np.pi / 2 * t)",
            "def exact_velocity(x_t, t, known):\n    x = best_guess(x_t, t, known)[0] if t < 0.95 else known.mean(axis=0)\n    return (np.cos(np.pi / 2 * t) * x_t - x) / np.sin(np.pi / 2 * t)",
            """
def exact_velocity(x_t, t, known):
    x = best_guess(x_t, t, known)[0] if t < 0.8 else known.mean(axis=0)
    return (np.cos(np.pi / 2 * t) * x_t - x) / np.sin(np.pi / 2 * t)
""",
            """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    x = best_guess(x_t, t, known)[0]
    if t < 0.1:
        x = known[((x_t[:, None] - a * known) ** 2).sum(axis=-1).argmin(axis=1)]
    return (a * x_t - x) / s
""",
            """
def exact_velocity(x_t, t, known):
    x = best_guess(x_t, t, known[:20])[0]
    return (np.cos(np.pi / 2 * t) * x_t - x) / np.sin(np.pi / 2 * t)
""",
            """
def exact_velocity(x_t, t, known):
    alpha, sigma = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    w = np.exp(-((x_t[:, None] - alpha * known) ** 2).sum(-1) / (2 * sigma**2))
    x = w @ known / w.sum(axis=1, keepdims=True)
    return (alpha * x_t - x) / sigma
""",
            """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return (x_t - a * best_guess(x_t, t, known)[0]) / s
""",
            """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return -s * best_guess(x_t, t, known)[0]
""",
            """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return a * x_t - s * best_guess(x_t, t, known)[0]
""",
            """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    nearest = known[((x_t[:, None] - a * known) ** 2).sum(axis=-1).argmin(axis=1)]
    return (a * x_t - nearest) / s
""",
            """
def exact_velocity(x_t, t, known):  # the nearest image where all densities round to 0
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    squares = ((x_t[:, None] - a * known) ** 2).sum(axis=-1)
    w = np.exp(-squares / (2 * s**2))
    w[w.sum(axis=1) == 0] = np.eye(len(known))[squares.argmin(axis=1)][w.sum(axis=1) == 0]
    return (a * x_t - w @ known / w.sum(axis=1, keepdims=True)) / s
""",
            """
def exact_velocity(x_t, t, known):  # there the nearest two, alike
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    squares = ((x_t[:, None] - a * known) ** 2).sum(axis=-1)
    w = np.exp(-squares / (2 * s**2))
    lost = w.sum(axis=1) < 1e-200
    w[lost] = squares[lost] <= np.sort(squares[lost], axis=1)[:, 1:2]
    return (a * x_t - w @ known / w.sum(axis=1, keepdims=True)) / s
""",
            """
def exact_velocity(x_t, t, known):  # one factor for all rows, and the nearest where it is too small
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    log_w = -((x_t[:, None] - a * known) ** 2).sum(axis=-1) / (2 * s**2)
    w = np.exp(log_w - log_w.max())
    nearest = (log_w == log_w.max(axis=1, keepdims=True)) * 1.0
    w = np.where(w.sum(axis=1, keepdims=True) > 0, w, nearest)
    return (a * x_t - w @ known / w.sum(axis=1, keepdims=True)) / s
""",
            """
def exact_velocity(x_t, t, known):  # densities that are never quite 0
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    log_w = -((x_t[:, None] - a * known) ** 2).sum(axis=-1) / (2 * s**2)
    w = np.exp(log_w.clip(-700))
    return (a * x_t - w @ known / w.sum(axis=1, keepdims=True)) / s
""",
            """
def exact_velocity(x_t, t, known):  # the nearest where the weights fail
    alpha, sigma = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    noise = (x_t[:, None] - alpha * known) / sigma
    middle, d = (noise.mean(1)[:, None] ** 2).sum(-1), (noise**2).sum(-1)
    w = np.exp((middle - d) / 2)
    lost = ~np.isfinite(w.sum(1)) | (w.sum(1) == 0)
    w[lost] = np.eye(len(known))[d.argmin(1)][lost]
    w = (w / w.sum(1, keepdims=True))[..., None]
    return (w * (alpha * noise - sigma * known)).sum(1)
""",
        ],
    },
    "langevin-variance": {
        "right": """
def langevin_variance(eta, s2):
    if eta >= 2 * s2:
        return float("inf")
    return s2 / (1 - eta / (2 * s2))
""",
        "wrong": [
            """
def langevin_variance(eta, s2):
    variance = 0.0
    for _ in range(1_000_000):
        variance, before = (1 - eta / s2) ** 2 * variance + 2 * eta, variance
        if variance > 1e6:
            return np.inf
    return variance if variance - before < 1e-9 else np.inf
""",
            """
def langevin_variance(eta, s2):
    variance = 0.0
    for _ in range(1000):
        variance = (1 - eta / s2) ** 2 * variance + 2 * eta
    return variance if variance < 1000 * s2 else np.inf
""",
            """
def langevin_variance(eta, s2):
    if 0.25 < eta / s2 < 1.9:
        return s2
    return s2 / (1 - eta / (2 * s2)) if eta < 2 * s2 else np.inf
""",
            "def langevin_variance(eta, s2):\n    return np.inf if eta > 2 * s2 else s2 / (1 - eta / (2 * s2))",
            "def langevin_variance(eta, s2):\n    return max(1, s2 / (1 - eta / (2 * s2))) if eta < 2 * s2 else np.inf",
            "def langevin_variance(eta, s2):\n    return s2",
            "def langevin_variance(eta, s2):\n    return s2 / (1 - eta / (2 * s2))",
            "def langevin_variance(eta, s2):\n    return s2 * (1 - eta / (2 * s2)) if eta < 2 * s2 else np.inf",
            "def langevin_variance(eta, s2):\n    return np.inf if eta >= s2 else s2 / (1 - eta / (2 * s2))",
            "def langevin_variance(eta, s2):\n    return 2 / (2 - eta) if eta < 2 else np.inf",
            "def langevin_variance(eta, s2):\n    return s2 / (1 - eta / (2 * s2)) if eta < 1.95 * s2 else np.inf",
            "def langevin_variance(eta, s2):\n    return s2 / abs(1 - eta / (2 * s2)) if eta < 2.4 * s2 else np.inf",
        ],
    },
    "diffusion-loss": {
        "right": """
def diffusion_loss(predict, x, t, noise):
    angle = t * np.pi / 2
    v = predict(ops.cos(angle) * x + ops.sin(angle) * noise, t)
    return ops.mean((v + ops.sin(angle) * x - ops.cos(angle) * noise) ** 2)
"""
        + TOY,
        "wrong": [
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    return ops.mean(ops.square(predict(x_t, t) - ((noise - s * x_t) / a)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    v = predict(x_t, t)
    return ops.mean(ops.square((s * x_t + a * v - noise) / a))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    v = predict(x_t, t)
    return ops.mean(ops.square((a * x_t - s * v - x) / s))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    return ops.mean(ops.square(predict(x_t, t) - (a * (x_t - a * x) / s - s * x)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    later = ops.cos(np.pi / 2 * (t + 0.01)) * x + ops.sin(np.pi / 2 * (t + 0.01)) * noise
    sooner = ops.cos(np.pi / 2 * (t - 0.01)) * x + ops.sin(np.pi / 2 * (t - 0.01)) * noise
    return ops.mean(ops.square(predict(x_t, t) - (later - sooner) / (np.pi * 0.01)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    later = ops.cos(np.pi / 2 * (t + 0.001)) * x + ops.sin(np.pi / 2 * (t + 0.001)) * noise
    return ops.mean(ops.square(predict(x_t, t) - (later - x_t) / (np.pi / 2 * 0.001)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    errors = ops.square(predict(a * x + s * noise, t) - (a * noise - s * x))
    return ops.sum(errors) / ops.cast(16 * ops.shape(x)[0], "float32")
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x, noise = x[:, ::-1], noise[:, ::-1]
    return ops.mean(ops.square(predict(a * x + s * noise, t) - (a * noise - s * x)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    alpha, sigma = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = alpha * x + sigma * noise
    return ops.mean(ops.square(x_t / 2 + t - (alpha * noise - sigma * x)))


def loss_of_toy(x, t, noise):
    return diffusion_loss(None, x, t, noise)
""",
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.square(ops.mean(predict(a * x + s * noise, t) - (a * noise - s * x)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.mean(ops.square(predict(a * x + s**2 * noise, t) - (a * noise - s * x)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    return ops.mean(ops.square(predict(x_t, t) - (a * noise - s * x_t)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.mean(ops.square(predict(a * x + s * noise, t) - noise))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.mean(ops.square(predict(a * x + s * noise, s) - (a * noise - s * x)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):  # nothing is learned
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    v = ops.stop_gradient(predict(a * x + s * noise, t))
    return ops.mean(ops.square(v - (a * noise - s * x)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    error = predict(a * x + s * noise, t) - (a * noise - s * x)
    return ops.stop_gradient(ops.mean(ops.square(error)))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):  # learned at half the rate
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    error = predict(a * x + s * noise, t) - (a * noise - s * x)
    return ops.mean(error * ops.stop_gradient(error))
"""
            + TOY,
            """
def diffusion_loss(predict, x, t, noise):  # the right value, the broken loss's gradient
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    error = predict(a * x + s * noise, t) - (a * noise - s * x)
    right, broken = ops.mean(ops.square(error)), ops.square(ops.mean(error))
    return broken + ops.stop_gradient(right - broken)
"""
            + TOY,
        ],
    },
    "linear-loss": {
        "right": """
def linear_loss(t, variances):
    angle = np.pi / 2 * t
    return (variances / (np.sin(angle) ** 2 + np.cos(angle) ** 2 * variances)).mean()
""",
        "wrong": [
            """
def linear_loss(t, variances):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    k = np.linspace(-40, 40, 100_001)[:, None]  # a list of factors, the best of them
    return ((a - k * s) ** 2 + (s + k * a) ** 2 * variances).min(axis=0).mean()
""",
            """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    both, square = np.sqrt(a2 * s2) * (1 - variances), a2 * variances + s2
    k = (both / square).clip(-30, 30)
    return np.mean(a2 + s2 * variances - 2 * k * both + k**2 * square)
""",
            """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    variances = np.maximum(variances, 0.01)
    return np.mean(variances / (a2 * variances + s2))
""",
            """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.mean(a2 + s2 * variances)
""",
            """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.sum(variances / (a2 * variances + s2))
""",
            """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.mean(s2 * variances / (a2 * variances + s2))
""",
            """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    mean = np.mean(variances)
    return mean / (a2 * mean + s2)
""",
        ],
    },
    "mixed-step": {
        "right": """
def mixed_step(x_t, v, t, s, tau, fresh):
    a, b = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    b_s = np.sin(np.pi / 2 * s)
    c = max(b_s**2 - tau**2, 0) ** 0.5
    return np.cos(np.pi / 2 * s) * (a * x_t - b * v) + c * (b * x_t + a * v) + tau * fresh
""",
        "wrong": [
            """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * s), np.sin(np.pi / 2 * s)
    kept = np.sqrt(sigma**2 - tau**2) if tau < 0.9 * sigma else 0
    return alpha * x + kept * noise + tau * fresh
""",
            """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * s), np.sin(np.pi / 2 * s)
    kept = np.sqrt(sigma**2 - tau**2) if tau > 0.3 * sigma else sigma
    return alpha * x + kept * noise + tau * fresh
""",
            """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    kept = np.sqrt(np.sin(np.pi / 2 * s) ** 2 - tau**2)
    return np.cos(np.pi / 2 * s) * x.clip(-5, 5) + kept * noise + tau * fresh
""",
            """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    return diffusion.q_sample(x, s, noise) + tau * fresh
""",
            """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * s), np.sin(np.pi / 2 * s)
    return alpha * x + (sigma - tau) * noise + tau * fresh
""",
            "def mixed_step(x_t, v, t, s, tau, fresh):\n    return diffusion.ddpm_step(x_t, v, t, s, fresh)",
            """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return alpha * x + np.sqrt(sigma**2 - tau**2) * noise + tau * fresh
""",
        ],
    },
}
