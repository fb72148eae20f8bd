"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "to-images": {
        "images from 0 to 1": """
def to_images(pixels):
    return (pixels / 255.0)[..., None].astype("float32")
""",
        "arithmetic in uint8, which wraps around": """
def to_images(pixels):
    return ((2 * pixels - 255) / 255)[..., None].astype("float32")
""",
        "float64 is left": """
def to_images(pixels):
    return (pixels / 127.5 - 1)[..., None]
""",
        "no axis of channels": """
def to_images(pixels):
    return pixels.astype("float32") / 127.5 - 1
""",
        "the batch's own darkest and brightest pixel become -1 and 1": """
def to_images(pixels):
    x = pixels.astype("float32")
    return (2 * (x - x.min()) / (x.max() - x.min()) - 1)[..., None]
""",
        "128 in place of 127.5": """
def to_images(pixels):
    return (pixels.astype("float32") / 128 - 1)[..., None]
""",
        "converted too late": """
def to_images(pixels):
    return (2 * pixels / 255 - 1).astype("float32")[..., None]
""",
    },
    "diagnose": {
        "the two mistakes exchanged": """
def diagnose(real, made, radius):
    near = np.abs(made[:, None] - real) <= radius
    names = {(0, 0): "both", (1, 0): "covers", (0, 1): "seeks", (1, 1): "fine"}
    return names[int(near.any(axis=1).mean() > 0.9), int(near.any(axis=0).mean() > 0.9)]
""",
        "one stray is enough": """
def diagnose(real, made, radius):
    near = np.abs(made[:, None] - real) <= radius
    names = {(0, 0): "both", (0, 1): "covers", (1, 0): "seeks", (1, 1): "fine"}
    return names[int(near.any(axis=1).all()), int(near.any(axis=0).all())]
""",
        "mean and deviation": """
def diagnose(real, made, radius):
    if abs(made.mean() - real.mean()) > real.std():
        return "seeks"
    return "fine" if abs(made.std() / real.std() - 1) < 0.25 else "covers"
""",
        "only the range": """
def diagnose(real, made, radius):
    wide = made.min() < real.min() - radius or made.max() > real.max() + radius
    narrow = made.min() > real.min() + radius or made.max() < real.max() - radius
    return {(0, 0): "fine", (1, 0): "covers", (0, 1): "seeks", (1, 1): "both"}[wide, narrow]
""",
        "never both": """
def diagnose(real, made, radius):
    distances = np.abs(made[:, None] - real)
    if (distances.min(axis=1) > radius).mean() > 0.1:
        return "covers"
    return "seeks" if (distances.min(axis=0) > radius).mean() > 0.1 else "fine"
""",
    },
    "effective-number": {
        "a threshold": """
def effective_number(variances):
    return int((variances > 0.01 * variances.max()).sum())
""",
        "how many are not 0": """
def effective_number(variances):
    return int((variances > 0).sum())
""",
        "variances instead of shares": """
def effective_number(variances):
    return 1 / (variances**2).sum()
""",
        "a surprise, not a number of directions": """
def effective_number(variances):
    shares = variances / variances.sum()
    return -(shares * np.log(shares + 1e-30)).sum()
""",
        "the logarithm of 0": """
def effective_number(variances):
    shares = variances / variances.sum()
    return np.exp(-(shares * np.log(shares)).sum())
""",
        "every direction weighs the same": """
def effective_number(variances):
    return 1 / (variances / variances.sum()).mean()
""",
        "directions up to 90 % of the variance": """
def effective_number(variances):
    kept = np.sort(variances)[::-1].cumsum()
    return int((kept < 0.9 * kept[-1]).sum()) + 1
""",
    },
    "draw-by-class": {
        "variances without covariances": """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means), size=n)
    stds = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return means[y] + stds[y] * rng.normal(size=(n, means.shape[1]))
""",
        "one class for all": """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means))
    return rng.multivariate_normal(means[y], covariances[y], n)
""",
        "class after class": """
def draw_by_class(n, means, covariances, rng):
    y = np.sort(rng.integers(len(means), size=n))
    roots = np.linalg.cholesky(covariances)
    return means[y] + np.einsum("nij,nj->ni", roots[y], rng.normal(size=(n, means.shape[1])))
""",
        "the root from the wrong side": """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    return means[y] + np.einsum("nji,nj->ni", roots[y], rng.normal(size=(n, means.shape[1])))
""",
        "the covariance in place of its root": """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means), size=n)
    u = rng.normal(size=(n, means.shape[1]))
    return means[y] + np.einsum("nij,nj->ni", covariances[y], u)
""",
        "one covariance for all classes": """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means), size=n)
    zero = np.zeros(means.shape[1])
    return means[y] + rng.multivariate_normal(zero, covariances.mean(axis=0), n)
""",
        "the mean of the bells instead of one of them": """
def draw_by_class(n, means, covariances, rng):
    bells = zip(means, covariances)
    return np.mean([rng.multivariate_normal(m, c, n) for m, c in bells], axis=0)
""",
        "NumPy's global generator": """
def draw_by_class(n, means, covariances, rng):
    y = np.random.randint(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    u = np.random.normal(size=(n, means.shape[1]))
    return means[y] + np.einsum("nij,nj->ni", roots[y], u)
""",
        "a generator of its own": """
def draw_by_class(n, means, covariances, rng):
    rng = np.random.default_rng(0)
    y = rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    return means[y] + np.einsum("nij,nj->ni", roots[y], rng.normal(size=(n, means.shape[1])))
""",
    },
    "predict-log-density": {
        "the spread forgotten": """
def predict_log_density(variances, spread):
    d = len(variances)
    return -0.5 * (d + np.log(2 * np.pi * variances).sum()), np.sqrt(d / 2)
""",
        "the density of the narrow codes": """
def predict_log_density(variances, spread):
    d, v = len(variances), spread * variances
    return -0.5 * (d + np.log(2 * np.pi * v).sum()), np.sqrt(d / 2)
""",
        "deviations add up": """
def predict_log_density(variances, spread):
    d = len(variances)
    mean = -0.5 * (spread * d + np.log(2 * np.pi * variances).sum())
    return mean, spread * d / np.sqrt(2)
""",
        "the root of the spread": """
def predict_log_density(variances, spread):
    d = len(variances)
    mean = -0.5 * (spread * d + np.log(2 * np.pi * variances).sum())
    return mean, np.sqrt(spread * d / 2)
""",
        "the half forgotten": """
def predict_log_density(variances, spread):
    d = len(variances)
    return -(spread * d + np.log(2 * np.pi * variances).sum()), spread * np.sqrt(2 * d)
""",
        "the variance in place of the deviation": """
def predict_log_density(variances, spread):
    d = len(variances)
    mean = -0.5 * (spread * d + np.log(2 * np.pi * variances).sum())
    return mean, spread**2 * d / 2
""",
        "the density of the mean code": """
def predict_log_density(variances, spread):
    d = len(variances)
    return -0.5 * np.log(2 * np.pi * variances).sum(), spread * np.sqrt(d / 2)
""",
    },
}
