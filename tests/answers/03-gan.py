"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "optimal-discriminator": {
        "right": """
def optimal_discriminator(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p + q > 0, 1 / (1 + np.divide(q, p)), 0.5) if np.all(p > 0) else np.where(p + q > 0, p / np.where(p + q > 0, p + q, 1), 0.5)
""",
        "wrong": [
            "def optimal_discriminator(p, q):\n    return p / (p + q)",
            "def optimal_discriminator(p, q):\n    return np.where(p + q > 0, q / np.maximum(p + q, 1e-300), 0.5)",
            "def optimal_discriminator(p, q):\n    return (p > q).astype(float)",
            "def optimal_discriminator(p, q):\n    return np.where(q > 0, p / np.maximum(q, 1e-300), 0.5)",
        ],
    },
    "generator-loss": {
        "right": """
def generator_loss(fake):
    positive = ops.relu(-fake)
    return ops.mean(positive + ops.log1p(ops.exp(-ops.abs(fake))))
""",
        "wrong": [
            "def generator_loss(fake):\n    return -ops.mean(ops.log(ops.sigmoid(fake)))",
            "def generator_loss(fake):\n    return -ops.mean(ops.softplus(fake))",
            "def generator_loss(fake):\n    return ops.softplus(-fake)",
            "def generator_loss(fake):\n    return ops.mean(ops.softplus(fake))",
            "def generator_loss(fake):\n    return ops.sum(ops.softplus(-fake))",
            "def generator_loss(fake):\n    return np.mean(np.logaddexp(0, -np.asarray(fake)))",
        ],
    },
    "hinge": {
        "right": """
def hinge_discriminator(real, fake):
    return ops.mean(ops.maximum(0.0, 1.0 - real)) + ops.mean(ops.maximum(0.0, 1.0 + fake))


def hinge_generator(fake):
    return ops.mean(ops.negative(fake))
""",
        "wrong": [
            "def hinge_discriminator(real, fake):\n    return ops.mean(ops.relu(1 + real)) + ops.mean(ops.relu(1 - fake))\n\n\n"
            "def hinge_generator(fake):\n    return -ops.mean(fake)",
            "def hinge_discriminator(real, fake):\n    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))\n\n\n"
            "def hinge_generator(fake):\n    return ops.mean(ops.relu(1 - fake))",
            "def hinge_discriminator(real, fake):\n    return ops.mean(1 - real) + ops.mean(1 + fake)\n\n\n"
            "def hinge_generator(fake):\n    return -ops.mean(fake)",
            "def hinge_discriminator(real, fake):\n    return ops.mean(ops.relu(-real)) + ops.mean(ops.relu(fake))\n\n\n"
            "def hinge_generator(fake):\n    return -ops.mean(fake)",
            "def hinge_discriminator(real, fake):\n    return ops.relu(1 - ops.mean(real)) + ops.relu(1 + ops.mean(fake))\n\n\n"
            "def hinge_generator(fake):\n    return -ops.mean(fake)",
            "def hinge_discriminator(real, fake):\n    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))\n\n\n"
            "def hinge_generator(fake):\n    return -(ops.max(fake) + ops.min(fake)) / 2",
        ],
    },
    "running-average": {
        "right": """
def running_average(mean, now, keep):
    result = []
    for old, new in zip(mean, now):
        result.append(old + (1 - keep) * (new - old))
    return result
""",
        "wrong": [
            "def running_average(mean, now, keep):\n    return [(1 - keep) * m + keep * n for m, n in zip(mean, now)]",
            "def running_average(mean, now, keep):\n    for m, n in zip(mean, now):\n        m *= keep\n        m += (1 - keep) * n\n    return mean",
            "def running_average(mean, now, keep):\n    return [(m + n) / 2 for m, n in zip(mean, now)]",
            "def running_average(mean, now, keep):\n    return [keep * m + n for m, n in zip(mean, now)]",
        ],
    },
    "effective-classes": {
        "right": """
def effective_classes(shares):
    present = [s for s in np.ravel(shares) if s > 0]
    return float(np.prod([s ** -s for s in present]))
""",
        "wrong": [
            "def effective_classes(shares):\n    return np.exp(-(shares * np.log(shares)).sum())",
            "def effective_classes(shares):\n    return float((shares > 0).sum())",
            "def effective_classes(shares):\n    s = shares[shares > 0]\n    return float(-(s * np.log(s)).sum())",
            "def effective_classes(shares):\n    return float(1 / (shares**2).sum())",
            "def effective_classes(shares):\n    s = shares[shares > 0]\n    return float(2 ** -(s * np.log(s)).sum())",
        ],
    },
}
