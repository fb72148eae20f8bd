"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "code-price": {
        "the prior is N(0, 1)": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
""",
        "log σ in place of log σ²": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    spread = ops.exp(2 * log_variance) + ops.square(mean - prior_mean)
    ratio = spread * ops.exp(-2 * prior_log_variance)
    return 0.5 * (ratio - 1) - log_variance + prior_log_variance
""",
        "posterior and prior exchanged": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    spread = ops.exp(prior_log_variance) + ops.square(mean - prior_mean)
    ratio = spread * ops.exp(-log_variance)
    return 0.5 * (ratio - 1 - prior_log_variance + log_variance)
""",
        "the factor 1/2 is missing": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    spread = ops.exp(log_variance) + ops.square(mean - prior_mean)
    ratio = spread * ops.exp(-prior_log_variance)
    return ratio - 1 - log_variance + prior_log_variance
""",
        "the distance is not divided by the prior's variance": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    difference = log_variance - prior_log_variance
    away = ops.square(mean - prior_mean)
    return 0.5 * (ops.exp(difference) + away - 1 - difference)
""",
        "a sum over the latents": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    spread = ops.exp(log_variance) + ops.square(mean - prior_mean)
    ratio = spread * ops.exp(-prior_log_variance)
    return ops.sum(0.5 * (ratio - 1 - log_variance + prior_log_variance), axis=-1)
""",
        "NumPy": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    spread = np.exp(log_variance) + np.square(mean - prior_mean)
    ratio = spread * np.exp(-prior_log_variance)
    return 0.5 * (ratio - 1 - log_variance + prior_log_variance)
""",
    },
    "draw-code": {
        "a variance where the deviation belongs": """
def draw_code(mean, log_variance, noise):
    return mean + ops.exp(log_variance) * noise
""",
        "the logarithm as a deviation": """
def draw_code(mean, log_variance, noise):
    return mean + log_variance * noise
""",
        "noise of its own": """
def draw_code(mean, log_variance, noise):
    return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean))
""",
        "noise of deviation 1": """
def draw_code(mean, log_variance, noise):
    return mean + noise
""",
        "mean and noise exchanged": """
def draw_code(mean, log_variance, noise):
    return noise + ops.exp(0.5 * log_variance) * mean
""",
        "NumPy": """
def draw_code(mean, log_variance, noise):
    return mean + np.exp(0.5 * log_variance) * noise
""",
    },
    "charged": {
        "the maximum before the mean": """
def charged(kl, free):
    return ops.sum(ops.mean(ops.maximum(kl, free), axis=0))
""",
        "only what exceeds the free nats": """
def charged(kl, free):
    return ops.sum(ops.relu(ops.mean(kl, axis=0) - free))
""",
        "free nats for the sum of all latents": """
def charged(kl, free):
    return ops.maximum(ops.mean(ops.sum(kl, axis=-1)), free)
""",
        "a mean over the latents": """
def charged(kl, free):
    return ops.mean(ops.maximum(ops.mean(kl, axis=0), free))
""",
        "the mean over the wrong axis": """
def charged(kl, free):
    return ops.sum(ops.maximum(ops.mean(kl, axis=1), free))
""",
        "the smaller in place of the larger": """
def charged(kl, free):
    return ops.sum(ops.minimum(ops.mean(kl, axis=0), free))
""",
        "NumPy": """
def charged(kl, free):
    return np.maximum(np.mean(kl, axis=0), free).sum()
""",
    },
    "log-mean-exp": {
        "the formula as it stands": """
def log_mean_exp(log_weights):
    with np.errstate(all="ignore"):
        return np.log(np.exp(log_weights).mean(axis=-1))
""",
        "a sum in place of the mean": """
def log_mean_exp(log_weights):
    return np.logaddexp.reduce(log_weights, axis=-1)
""",
        "the mean of the logarithms": """
def log_mean_exp(log_weights):
    return log_weights.mean(axis=-1)
""",
        "one largest for all rows": """
def log_mean_exp(log_weights):
    largest = log_weights.max()
    with np.errstate(all="ignore"):
        return largest + np.log(np.exp(log_weights - largest).mean(axis=-1))
""",
        "along the wrong axis": """
def log_mean_exp(log_weights):
    largest = log_weights.max(axis=0)
    return largest + np.log(np.exp(log_weights - largest).mean(axis=0))
""",
        "an axis too many": """
def log_mean_exp(log_weights):
    largest = log_weights.max(axis=-1, keepdims=True)
    return largest + np.log(np.exp(log_weights - largest).mean(axis=-1, keepdims=True))
""",
        "the argument is changed": """
def log_mean_exp(log_weights):
    largest = log_weights.max(axis=-1)
    log_weights -= largest[..., None]
    return largest + np.log(np.exp(log_weights).mean(axis=-1))
""",
    },
    "add-property": {
        "from target to source": """
def add_property(z, codes, labels, source, target, strength):
    a, b = (codes[labels == k].mean(axis=0) for k in (source, target))
    return z + strength * (a - b)
""",
        "mixed with the target's mean": """
def add_property(z, codes, labels, source, target, strength):
    b = codes[labels == target].mean(axis=0)
    return (1 - strength) * z + strength * b
""",
        "the argument is changed": """
def add_property(z, codes, labels, source, target, strength):
    a, b = (codes[labels == k].mean(axis=0) for k in (source, target))
    z += strength * (b - a)
    return z
""",
        "the source is not taken away": """
def add_property(z, codes, labels, source, target, strength):
    return z + strength * codes[labels == target].mean(axis=0)
""",
        "the strength is forgotten": """
def add_property(z, codes, labels, source, target, strength):
    a, b = (codes[labels == k].mean(axis=0) for k in (source, target))
    return z + b - a
""",
        "one mean of all numbers": """
def add_property(z, codes, labels, source, target, strength):
    return z + strength * (codes[labels == target].mean() - codes[labels == source].mean())
""",
    },
}
