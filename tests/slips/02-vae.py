"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "negative-elbo": {
        "the loss as it was": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.mean(ops.square(x - decode(z)), axis=-1) + ops.mean(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "the draw not repaired": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "the pixels not repaired": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.mean(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "the latents not repaired": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.mean(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "the factor 1/2 is missing": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "one number for the batch": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
    return ops.mean(0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1))


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "the price with another sign": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + ops.exp(0.5 * log_variance) * noise
    kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 + log_variance)
    return 0.5 * ops.sum(ops.square(x - decode(z)), axis=-1) + ops.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: ops.repeat(z, 3, axis=-1))
""",
        "NumPy": """
def negative_elbo(x, mean, log_variance, noise, decode):
    z = mean + np.exp(0.5 * log_variance) * noise
    kl = 0.5 * (np.square(mean) + np.exp(log_variance) - 1 - log_variance)
    return 0.5 * np.sum(np.square(x - decode(z)), axis=-1) + np.sum(kl, axis=-1)


def elbo_of_stripes(x, mean, log_variance, noise):
    return negative_elbo(x, mean, log_variance, noise, lambda z: np.repeat(z, 3, axis=-1))
""",
    },
    "effective-product": {
        "the range does not count": """
def effective_product(low, high, pixels, averaged, weight):
    return weight * (pixels if averaged else 1) / 2
""",
        "the range is not squared": """
def effective_product(low, high, pixels, averaged, weight):
    return weight * (pixels if averaged else 1) / (high - low)
""",
        "a mean takes the pixels away once more": """
def effective_product(low, high, pixels, averaged, weight):
    return 2 * weight / (pixels if averaged else 1) / (high - low) ** 2
""",
        "784 pixels whatever the images": """
def effective_product(low, high, pixels, averaged, weight):
    return 2 * weight * (784 if averaged else 1) / (high - low) ** 2
""",
        "the factor 2 of section 9 is forgotten": """
def effective_product(low, high, pixels, averaged, weight):
    return 4 * weight * (pixels if averaged else 1) / (high - low) ** 2
""",
        "mean and sum exchanged": """
def effective_product(low, high, pixels, averaged, weight):
    return 2 * weight * (1 if averaged else pixels) / (high - low) ** 2
""",
    },
    "linear-vae": {
        "directions that are not used count, too": """
def linear_vae(variances, product):
    return 0.5 * np.log(variances / product).sum(), np.minimum(variances, product).sum()
""",
        "the deviation's factor is forgotten": """
def linear_vae(variances, product):
    return np.log(np.maximum(variances / product, 1)).sum(), np.minimum(variances, product).sum()
""",
        "bits": """
def linear_vae(variances, product):
    share = np.maximum(variances / product, 1)
    return 0.5 * np.log2(share).sum(), np.minimum(variances, product).sum()
""",
        "used directions without an error": """
def linear_vae(variances, product):
    share = np.maximum(variances / product, 1)
    return 0.5 * np.log(share).sum(), variances[variances <= product].sum()
""",
        "the information of a channel with noise": """
def linear_vae(variances, product):
    return 0.5 * np.log1p(variances / product).sum(), np.minimum(variances, product).sum()
""",
        "means in place of sums": """
def linear_vae(variances, product):
    share = np.maximum(variances / product, 1)
    return 0.5 * np.log(share).mean(), np.minimum(variances, product).mean()
""",
        "the error of decoded means": """
def linear_vae(variances, product):
    used = variances > product
    error = np.where(used, product**2 / variances, variances).sum()
    return 0.5 * np.log(np.maximum(variances / product, 1)).sum(), error
""",
    },
    "dependence": {
        "the covariance's determinant": """
def dependence(codes):
    return -0.5 * np.linalg.slogdet(np.cov(codes, rowvar=False))[1]
""",
        "the sign": """
def dependence(codes):
    return 0.5 * np.linalg.slogdet(np.corrcoef(codes, rowvar=False))[1]
""",
        "the factor 1/2 is missing": """
def dependence(codes):
    return -np.linalg.slogdet(np.corrcoef(codes, rowvar=False))[1]
""",
        "images in place of latents": """
def dependence(codes):
    with np.errstate(all='ignore'):
        return -0.5 * np.linalg.slogdet(np.corrcoef(codes))[1]
""",
        "the sum over pairs": """
def dependence(codes):
    c = np.corrcoef(codes, rowvar=False)
    return -0.5 * np.log(1 - np.square(c[np.triu_indices(len(c), 1)])).sum()
""",
        "correlations, added up": """
def dependence(codes):
    c = np.corrcoef(codes, rowvar=False)
    return np.abs(c[np.triu_indices(len(c), 1)]).sum()
""",
        "bits": """
def dependence(codes):
    return -0.5 * np.linalg.slogdet(np.corrcoef(codes, rowvar=False))[1] / np.log(2)
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
}
