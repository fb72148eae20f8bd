"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "optimal-discriminator": {
        "0 divided by 0": """
def optimal_discriminator(p, q):
    with np.errstate(all="ignore"):
        return p / (p + q)
""",
        "the share of made images": """
def optimal_discriminator(p, q):
    return np.where(p + q > 0, q / np.maximum(p + q, 1e-300), 0.5)
""",
        "the ratio in place of the share": """
def optimal_discriminator(p, q):
    return np.where(q > 0, p / np.maximum(q, 1e-300), 0.5)
""",
        "a verdict in place of a probability": """
def optimal_discriminator(p, q):
    return (p > q).astype(float)
""",
        "a small number in the divisor": """
def optimal_discriminator(p, q):
    return p / (p + q + 1e-8)
""",
        "a small density taken for none": """
def optimal_discriminator(p, q):
    total = p + q
    return np.where(total > 1e-8, p / np.maximum(total, 1e-8), 0.5)
""",
    },
    "generator-loss": {
        "the logarithm of a sigmoid": """
def generator_loss(fake):
    return -ops.mean(ops.log(ops.sigmoid(fake)))
""",
        "the wrong sign inside": """
def generator_loss(fake):
    return ops.mean(ops.softplus(fake))
""",
        "the loss that starves": """
def generator_loss(fake):
    return -ops.mean(ops.softplus(fake))
""",
        "no mean": """
def generator_loss(fake):
    return ops.softplus(-fake)
""",
        "a sum in place of the mean": """
def generator_loss(fake):
    return ops.sum(ops.softplus(-fake))
""",
        "the mean before the loss": """
def generator_loss(fake):
    return ops.softplus(-ops.mean(fake))
""",
        "NumPy": """
def generator_loss(fake):
    return np.mean(np.logaddexp(0, -np.asarray(fake)))
""",
    },
    "hinge": {
        "real and made exchanged": """
def hinge_discriminator(real, fake):
    return ops.mean(ops.relu(1 + real)) + ops.mean(ops.relu(1 - fake))


def hinge_generator(fake):
    return -ops.mean(fake)
""",
        "a max in the generator's loss": """
def hinge_discriminator(real, fake):
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


def hinge_generator(fake):
    return ops.mean(ops.relu(1 - fake))
""",
        "no max in the discriminator's loss": """
def hinge_discriminator(real, fake):
    return ops.mean(1 - real) + ops.mean(1 + fake)


def hinge_generator(fake):
    return -ops.mean(fake)
""",
        "a margin of 0": """
def hinge_discriminator(real, fake):
    return ops.mean(ops.relu(-real)) + ops.mean(ops.relu(fake))


def hinge_generator(fake):
    return -ops.mean(fake)
""",
        "the mean before the max": """
def hinge_discriminator(real, fake):
    return ops.relu(1 - ops.mean(real)) + ops.relu(1 + ops.mean(fake))


def hinge_generator(fake):
    return -ops.mean(fake)
""",
        "the generator's sign": """
def hinge_discriminator(real, fake):
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


def hinge_generator(fake):
    return ops.mean(fake)
""",
        "NumPy": """
def hinge_discriminator(real, fake):
    return np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()


def hinge_generator(fake):
    return -np.mean(fake)
""",
    },
    "running-average": {
        "keep on the wrong side": """
def running_average(mean, now, keep):
    return [(1 - keep) * m + keep * n for m, n in zip(mean, now)]
""",
        "the arguments are changed": """
def running_average(mean, now, keep):
    for m, n in zip(mean, now):
        m *= keep
        m += (1 - keep) * n
    return mean
""",
        "keep is forgotten": """
def running_average(mean, now, keep):
    return [(m + n) / 2 for m, n in zip(mean, now)]
""",
        "weights that do not add up to 1": """
def running_average(mean, now, keep):
    return [keep * m + n for m, n in zip(mean, now)]
""",
        "the first array alone": """
def running_average(mean, now, keep):
    for m, n in zip(mean, now):
        return [keep * m + (1 - keep) * n]
""",
    },
    "effective-classes": {
        "0 times the logarithm of 0": """
def effective_classes(shares):
    with np.errstate(all="ignore"):
        return float(np.exp(-(shares * np.log(shares)).sum()))
""",
        "the number of classes that occur": """
def effective_classes(shares):
    return float((shares > 0).sum())
""",
        "the entropy itself": """
def effective_classes(shares):
    s = shares[shares > 0]
    return float(-(s * np.log(s)).sum())
""",
        "the sign of the entropy": """
def effective_classes(shares):
    s = shares[shares > 0]
    return float(np.exp((s * np.log(s)).sum()))
""",
        "two bases": """
def effective_classes(shares):
    s = shares[shares > 0]
    return float(np.exp(-(s * np.log2(s)).sum()))
""",
        "another measure, 1 / Σ s²": """
def effective_classes(shares):
    return float(1 / (shares**2).sum())
""",
    },
}
