"""For each exercise: what is easily done wrong, and code that does it."""

TOY = """

def loss_of_toy(x, t, noise):
    def toy_network(x_t, t):
        return x_t / 2 + t

    return diffusion_loss(toy_network, x, t, noise)
"""

SLIPS = {
    "exact-velocity": {
        "the noise in place of the velocity": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return (x_t - a * best_guess(x_t, t, known)[0]) / s
""",
        "the noisy image for the noise": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return a * x_t - s * best_guess(x_t, t, known)[0]
""",
        "the noise forgotten": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return -s * best_guess(x_t, t, known)[0]
""",
        "the sign": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return (best_guess(x_t, t, known)[0] - a * x_t) / s
""",
        "the nearest image alone": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    nearest = known[((x_t[:, None] - a * known) ** 2).sum(axis=-1).argmin(axis=1)]
    return (a * x_t - nearest) / s
""",
        "the mean of all images": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return (a * x_t - known.mean(axis=0)) / s
""",
        "both results of best_guess": """
def exact_velocity(x_t, t, known):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return (a * x_t - best_guess(x_t, t, known)) / s
""",
    },
    "langevin-variance": {
        "the density's own": """
def langevin_variance(eta, s2):
    return s2
""",
        "too close in place of too far": """
def langevin_variance(eta, s2):
    return s2 * (1 - eta / (2 * s2)) if eta < 2 * s2 else np.inf
""",
        "no limit": """
def langevin_variance(eta, s2):
    return s2 / (1 - eta / (2 * s2))
""",
        "s² forgotten": """
def langevin_variance(eta, s2):
    return 2 / (2 - eta) if eta < 2 else np.inf
""",
        "the factor not squared": """
def langevin_variance(eta, s2):
    return 2 * eta / (1 - abs(1 - eta / s2)) if eta < 2 * s2 else np.inf
""",
        "noise of variance η": """
def langevin_variance(eta, s2):
    return eta / (1 - (1 - eta / s2) ** 2) if eta < 2 * s2 else np.inf
""",
        "a standard deviation": """
def langevin_variance(eta, s2):
    return (s2 / (1 - eta / (2 * s2))) ** 0.5 if eta < 2 * s2 else np.inf
""",
    },
    "diffusion-loss": {
        "the mean squared in place of the squares' mean": """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.square(ops.mean(predict(a * x + s * noise, t) - (a * noise - s * x)))
"""
        + TOY,
        "σ² before the noise": """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.mean(ops.square(predict(a * x + s**2 * noise, t) - (a * noise - s * x)))
"""
        + TOY,
        "x_t in the target": """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x_t = a * x + s * noise
    return ops.mean(ops.square(predict(x_t, t) - (a * noise - s * x_t)))
"""
        + TOY,
        "the noise as target": """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.mean(ops.square(predict(a * x + s * noise, t) - noise))
"""
        + TOY,
        "the noise's share in place of the time": """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return ops.mean(ops.square(predict(a * x + s * noise, s) - (a * noise - s * x)))
"""
        + TOY,
        "left as it was": """
def diffusion_loss(predict, x, t, noise):
    return broken_loss(predict, x, t, noise)
"""
        + TOY,
        "a loss for each image": """
def diffusion_loss(predict, x, t, noise):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    error = predict(a * x + s * noise, t) - (a * noise - s * x)
    return ops.mean(ops.square(error), axis=(1, 2, 3))
"""
        + TOY,
    },
    "linear-loss": {
        "the variance of v": """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.mean(a2 + s2 * variances)
""",
        "the error of x": """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.mean(s2 * variances / (a2 * variances + s2))
""",
        "a covariance of the wrong sign": """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    explained = a2 * s2 * (1 + variances) ** 2 / (a2 * variances + s2)
    return np.mean(a2 + s2 * variances - explained)
""",
        "a covariance that is not squared": """
def linear_loss(t, variances):
    a, s = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    explained = a * s * (1 - variances) / (a**2 * variances + s**2)
    return np.mean(a**2 + s**2 * variances - explained)
""",
        "one factor for all directions": """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    mean = np.mean(variances)
    return mean / (a2 * mean + s2)
""",
        "a sum": """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.sum(variances / (a2 * variances + s2))
""",
        "deviations for variances": """
def linear_loss(t, variances):
    a2, s2 = np.cos(np.pi / 2 * t) ** 2, np.sin(np.pi / 2 * t) ** 2
    return np.mean(variances**2 / (a2 * variances**2 + s2))
""",
    },
    "mixed-step": {
        "noise on top": """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    return diffusion.q_sample(x, s, noise) + tau * fresh
""",
        "deviations subtracted": """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * s), np.sin(np.pi / 2 * s)
    return alpha * x + (sigma - tau) * noise + tau * fresh
""",
        "mixed for the time t": """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
    return alpha * x + np.sqrt(sigma**2 - tau**2) * noise + tau * fresh
""",
        "all the noise replaced": """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    return diffusion.q_sample(x, s, fresh)
""",
        "a share in place of a deviation": """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    return diffusion.q_sample(x, s, np.sqrt(1 - tau**2) * noise + tau * fresh)
""",
        "DDIM whatever tau is": """
def mixed_step(x_t, v, t, s, tau, fresh):
    return diffusion.ddim_step(x_t, v, t, s)
""",
        "the sign of c": """
def mixed_step(x_t, v, t, s, tau, fresh):
    x, noise = diffusion.x_and_noise(x_t, v, t)
    alpha, sigma = np.cos(np.pi / 2 * s), np.sin(np.pi / 2 * s)
    return alpha * x - np.sqrt(sigma**2 - tau**2) * noise + tau * fresh
""",
    },
}
