"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "code-price": {
        "right": """
def code_price(mean, log_variance, prior_mean, prior_log_variance):
    ratio = ops.exp(log_variance - prior_log_variance)
    away = ops.square(mean - prior_mean) / ops.exp(prior_log_variance)
    return (ratio + away) / 2 - (1 + log_variance - prior_log_variance) / 2
""",
        "wrong": [
            "def code_price(mean, log_variance, prior_mean, prior_log_variance):\n    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)",
            "def code_price(mean, log_variance, prior_mean, prior_log_variance):\n    r = (ops.exp(log_variance) + ops.square(mean - prior_mean)) * ops.exp(-prior_log_variance)\n    return ops.mean(0.5 * (r - 1 - log_variance + prior_log_variance), axis=-1)",
            "def code_price(mean, log_variance, prior_mean, prior_log_variance):\n    r = (ops.exp(2 * log_variance) + ops.square(mean - prior_mean)) * ops.exp(-2 * prior_log_variance)\n    return 0.5 * (r - 1) - log_variance + prior_log_variance",
            "def code_price(mean, log_variance, prior_mean, prior_log_variance):\n    r = (ops.exp(prior_log_variance) + ops.square(mean - prior_mean)) * ops.exp(-log_variance)\n    return 0.5 * (r - 1 + log_variance - prior_log_variance)",
        ],
    },
    "draw-code": {
        "right": """
def draw_code(mean, log_variance, noise):
    return ops.add(mean, ops.multiply(ops.sqrt(ops.exp(log_variance)), noise))
""",
        "wrong": [
            "def draw_code(mean, log_variance, noise):\n    return mean + ops.exp(log_variance) * noise",
            "def draw_code(mean, log_variance, noise):\n    return mean + log_variance * noise",
            "def draw_code(mean, log_variance, noise):\n    return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean))",
            "def draw_code(mean, log_variance, noise):\n    return mean + noise",
        ],
    },
    "charged": {
        "right": """
def charged(kl, free):
    return ops.sum(free + ops.relu(ops.mean(kl, axis=0) - free))
""",
        "wrong": [
            "def charged(kl, free):\n    return ops.sum(ops.mean(ops.maximum(kl, free), axis=0))",
            "def charged(kl, free):\n    return ops.sum(ops.relu(ops.mean(kl, axis=0) - free))",
            "def charged(kl, free):\n    return ops.maximum(ops.mean(ops.sum(kl, axis=-1)), free)",
            "def charged(kl, free):\n    return ops.mean(ops.maximum(ops.mean(kl, axis=0), free))",
        ],
    },
    "log-mean-exp": {
        "right": """
def log_mean_exp(log_weights):
    return np.logaddexp.reduce(log_weights, axis=-1) - np.log(log_weights.shape[-1])
""",
        "wrong": [
            "def log_mean_exp(log_weights):\n    with np.errstate(all='ignore'):\n        return np.log(np.exp(log_weights).mean(axis=-1))",
            "def log_mean_exp(log_weights):\n    return np.logaddexp.reduce(log_weights, axis=-1)",
            "def log_mean_exp(log_weights):\n    return log_weights.mean(axis=-1)",
            "def log_mean_exp(log_weights):\n    return log_weights.max(axis=-1)",
        ],
    },
    "add-property": {
        "right": """
def add_property(z, codes, labels, source, target, strength):
    mean = {k: np.mean([c for c, label in zip(codes, labels) if label == k], axis=0) for k in (source, target)}
    return np.stack([row + strength * (mean[target] - mean[source]) for row in z])
""",
        "wrong": [
            "def add_property(z, codes, labels, source, target, strength):\n    a, b = (codes[labels == k].mean(axis=0) for k in (source, target))\n    return z + strength * (a - b)",
            "def add_property(z, codes, labels, source, target, strength):\n    a, b = (codes[labels == k].mean(axis=0) for k in (source, target))\n    return (1 - strength) * z + strength * b",
            "def add_property(z, codes, labels, source, target, strength):\n    a, b = (codes[labels == k].mean(axis=0) for k in (source, target))\n    z += strength * (b - a)\n    return z",
            "def add_property(z, codes, labels, source, target, strength):\n    return z + strength * codes[labels == target].mean(axis=0)",
        ],
    },
}
