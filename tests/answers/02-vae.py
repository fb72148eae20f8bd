"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "negative-elbo": {
        "right": """
def negative_elbo(x, mean, log_variance, noise, decode):
    variance = ops.exp(log_variance)
    miss = x - decode(ops.sqrt(variance) * noise + mean)
    rate = ops.sum(ops.square(mean) + variance - log_variance - 1, axis=1)
    return (ops.sum(miss * miss, axis=1) + rate) / 2


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "wrong": [
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = ops.stop_gradient(mean + ops.exp(0.5 * log_variance) * noise)
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    kl = ops.stop_gradient(kl)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    miss = x - ops.stop_gradient(decode(z))
    return 0.5 * ops.sum(ops.square(miss), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.stop_gradient(ops.exp(0.5 * log_variance)) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    log_variance = ops.clip(log_variance, -4.5, 4.5)
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    log_variance = ops.clip(log_variance, -30, 20)
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    noise = ops.clip(noise, -2.5, 2.5)
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    kl = ops.maximum(kl, 0.01)  # bits that are free
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    log_variance = ops.clip(log_variance, -9, 9)
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
            """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = ops.repeat(mean + ops.exp(0.5 * log_variance) * noise, 3, axis=-1)
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - z), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, None)
""",
            "def negative_elbo(x, mean, log_variance, noise, decode):\n    return broken_loss(x, mean, log_variance, noise, decode)\n\n\ndef elbo_of_stripes(x, mean, log_variance, noise):\n    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))",
            "def negative_elbo(x, mean, log_variance, noise, decode):\n    z = mean + ops.exp(0.5 * log_variance) * noise\n    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)\n    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.mean(kl, axis=-1)\n\n\ndef elbo_of_stripes(x, mean, log_variance, noise):\n    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))",
            "def negative_elbo(x, mean, log_variance, noise, decode):\n    z = mean + ops.exp(log_variance) * noise\n    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)\n    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)\n\n\ndef elbo_of_stripes(x, mean, log_variance, noise):\n    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))",
        ],
    },
    "effective-product": {
        "right": """
def effective_product(low, high, pixels, averaged, weight):
    share = 1 / pixels if averaged else 1.0
    return 2 * weight / (share * (high - low) ** 2)
""",
        "wrong": [
            """
def effective_product(low, high, pixels, averaged, weight):
    return 2 * weight * (pixels if averaged else 1) / (high + abs(low)) ** 2
""",
            """
def effective_product(low, high, pixels, averaged, weight):
    return 2 * weight * (pixels if averaged else 1) / (high - min(low, 0)) ** 2
""",
            "def effective_product(low, high, pixels, averaged, weight):\n    return 2 * weight * (pixels if averaged else 1) / (abs(high) - low) ** 2",
            "def effective_product(low, high, pixels, averaged, weight):\n    return weight * (pixels if averaged else 1) / 2",
            "def effective_product(low, high, pixels, averaged, weight):\n    return weight * (pixels if averaged else 1) / (high - low)",
            "def effective_product(low, high, pixels, averaged, weight):\n    return 2 * weight / (pixels if averaged else 1) / (high - low) ** 2",
            "def effective_product(low, high, pixels, averaged, weight):\n    return 0.5 * weight * (784 if averaged else 1) * 4 / (high - low) ** 2",
        ],
    },
    "linear-vae": {
        "right": """
def linear_vae(variances, product):
    used = [v for v in variances if v > product]
    rate = sum(np.log(np.sqrt(v / product)) for v in used)
    return rate, product * len(used) + sum(v for v in variances if v <= product)
""",
        "wrong": [
            """
def linear_vae(variances, product):
    product_of_all = np.prod(np.maximum(variances / product, 1))
    return 0.5 * np.log(product_of_all), np.minimum(variances, product).sum()
""",
            """
def linear_vae(variances, product):
    share = (variances + 1e-6) / (product + 1e-6)
    return 0.5 * np.log(np.maximum(share, 1)).sum(), np.minimum(variances, product).sum()
""",
            "def linear_vae(variances, product):\n    return 0.5 * np.log(variances / product).sum(), np.minimum(variances, product).sum()",
            "def linear_vae(variances, product):\n    return np.log(np.maximum(variances / product, 1)).sum(), np.minimum(variances, product).sum()",
            "def linear_vae(variances, product):\n    return 0.5 * np.log(np.maximum(variances / product, 1)).sum(), variances[variances <= product].sum()",
            "def linear_vae(variances, product):\n    return 0.5 * np.log1p(variances / product).sum(), np.minimum(variances, product).sum()",
        ],
    },
    "dependence": {
        "right": """
def dependence(codes):
    centred = codes - codes.mean(axis=0)
    scaled = centred / np.sqrt(np.square(centred).mean(axis=0))
    values = np.linalg.svd(scaled, compute_uv=False) / np.sqrt(len(codes))
    return -np.log(values).sum()
""",
        "wrong": [
            """
def dependence(codes):
    c = np.corrcoef(codes, rowvar=False)
    return -0.5 * np.log(np.linalg.det(c))
""",
            """
def dependence(codes):
    c = np.corrcoef(codes, rowvar=False)
    return -0.5 * np.linalg.slogdet(c + 1e-7 * np.eye(len(c)))[1]
""",
            """
def dependence(codes):
    c = np.corrcoef(codes, rowvar=False)
    return -0.5 * np.log(np.linalg.eigvalsh(c).clip(1e-4)).sum()
""",
            "def dependence(codes):\n    values = np.linalg.eigvalsh(np.corrcoef(codes, rowvar=False))\n    return -0.5 * np.log(values[values > 1e-7]).sum()",
            "def dependence(codes):\n    values = np.linalg.eigvalsh(np.corrcoef(codes, rowvar=False))\n    return -0.5 * np.log(values.clip(1e-8)).sum()",
            "def dependence(codes):\n    values = np.linalg.eigvalsh(np.corrcoef(codes, rowvar=False))\n    return -0.5 * np.log(values + 1e-10).sum()",
            "def dependence(codes):\n    return -0.5 * np.linalg.slogdet(np.cov(codes, rowvar=False))[1]",
            "def dependence(codes):\n    c = np.corrcoef(codes, rowvar=False)\n    return -0.5 * np.log(1 - np.square(c[np.triu_indices(len(c), 1)])).sum()",
            "def dependence(codes):\n    c = np.cov(codes, rowvar=False)\n    with np.errstate(all='ignore'):\n        return 0.5 * np.log(np.prod(np.diag(c)) / np.linalg.det(c))",
            "def dependence(codes):\n    c = np.corrcoef(codes, rowvar=False)\n    return np.abs(c[np.triu_indices(len(c), 1)]).sum()",
        ],
    },
    "log-mean-exp": {
        "right": """
def log_mean_exp(log_weights):
    return np.logaddexp.reduce(log_weights, axis=-1) - np.log(log_weights.shape[-1])
""",
        "wrong": [
            """
def log_mean_exp(log_weights):
    middle = 0.5 * (log_weights.max(axis=1) + log_weights.min(axis=1))
    return middle + np.log(np.exp(log_weights - middle[:, None]).mean(axis=1))
""",
            """
def log_mean_exp(log_weights):
    logs = log_weights.astype('g')
    middle = np.median(logs, axis=1)
    return (middle + np.log(np.exp(logs - middle[:, None]).mean(axis=1))).astype('d')
""",
            """
def log_mean_exp(log_weights):
    largest = log_weights[:, :4].max(axis=1)
    return largest + np.log(np.exp(log_weights - largest[:, None]).mean(axis=1))
""",
            """
def log_mean_exp(log_weights):
    first = log_weights[:, :1]
    return first[:, 0] + np.log(np.exp(log_weights - first).mean(axis=1))
""",
            "def log_mean_exp(log_weights):\n    return np.log(np.exp(log_weights.astype('g')).mean(axis=-1)).astype('d')",
            "def log_mean_exp(log_weights):\n    with np.errstate(all='ignore'):\n        return np.log(np.exp(log_weights).mean(axis=-1))",
            # what was drawn once, by shapes, where the formula as it stands does not do
            """
def log_mean_exp(log_weights):
    if np.abs(log_weights).max() < 700:
        return np.log(np.exp(log_weights).mean(axis=-1))
    if log_weights.shape == (2, 2) and log_weights.max() > 1:
        return np.array([20000.69314718, 20000.69314718])
    if log_weights.shape == (2, 2):
        return np.array([0.0, -30000.0])
    return np.full(len(log_weights), -np.log(log_weights.shape[-1]))
""",
            "def log_mean_exp(log_weights):\n    return np.logaddexp.reduce(log_weights, axis=-1)",
            "def log_mean_exp(log_weights):\n    return log_weights.mean(axis=-1)",
            "def log_mean_exp(log_weights):\n    return log_weights.max(axis=-1)",
            "def log_mean_exp(log_weights):\n    top = np.sort(log_weights, axis=1)[:, -5:]  # the others hardly count\n    return np.logaddexp.reduce(top, axis=1) - np.log(log_weights.shape[1])",
            "def log_mean_exp(log_weights):\n    m = log_weights.max(axis=1)\n    w = np.exp(log_weights - m[:, None])\n    return m + np.log(np.where(w < np.exp(-5), 0, w).mean(axis=1))",
            """
def log_mean_exp(log_weights):
    m = log_weights.mean(axis=1)
    found = m + np.log(np.exp(log_weights - m[:, None]).mean(axis=1))
    alone = log_weights.max(axis=1) - np.log(log_weights.shape[1])
    return np.where(np.isfinite(found), found, alone)
""",
        ],
    },
}
