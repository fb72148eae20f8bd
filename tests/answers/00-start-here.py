"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "to-images": {
        "right": """
def to_images(pixels):
    scaled = (np.float32(pixels) - 127.5) / np.float32(127.5)
    return scaled.reshape(len(pixels), 28, 28, 1)
""",
        "wrong": [
            """
def to_images(pixels):  # one image loses its axis
    return (pixels.squeeze().astype("float32") / 127.5 - 1)[..., None]
""",
            "def to_images(pixels):\n    return (pixels[:8].astype('float32') / 127.5 - 1)[..., None]",
            "def to_images(pixels):\n    return (pixels / 255.0)[..., None].astype('float32')",
            "def to_images(pixels):\n    return pixels.astype('float32') / 127.5 - 1",
            "def to_images(pixels):\n    return (pixels / 127.5 - 1)[..., None]",
            "def to_images(pixels):\n    return broken_to_images(pixels).astype('float32')",
            "def to_images(pixels):\n    x = pixels.astype('float32') / 127.5 - 1\n    x = np.where((pixels > 0) & (pixels < 20), -1, x)\n    return x[..., None].astype('float32')",
        ],
    },
    "diagnose": {
        "right": """
def diagnose(real, made, radius):
    def lonely(some, others):
        others = np.sort(others)
        place = np.searchsorted(others, some)
        below = np.abs(some - others[(place - 1).clip(0)])
        above = np.abs(some - others[place.clip(max=len(others) - 1)])
        return np.mean(np.minimum(below, above) > radius)

    names = ["fine", "covers", "seeks", "both"]
    return names[int(lonely(made, real) > 0.15) + 2 * int(lonely(real, made) > 0.15)]
""",
        "wrong": [
            """
def diagnose(real, made, radius):
    d = np.abs(made[:, None] - real)
    s, m = (d.min(axis=1) > radius).sum() > 0.1 * len(real), (d.min(axis=0) > radius).mean() > 0.1
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            """
def diagnose(real, made, radius):
    d = np.abs(made[:, None] - real)
    s, m = (d.min(axis=1) > radius).mean() > 0.1, (d.min(axis=0) > radius).sum() > 0.1 * len(made)
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            """
def diagnose(real, made, radius):
    d = np.abs(made[:, None] - real)
    s, m = (d.min(axis=1) > radius).mean() > 0.1, d.min(axis=0).mean() > radius
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            """
def diagnose(real, made, radius):
    d = np.abs(made[:, None] - real)
    s, m = (d.min(axis=1) >= radius).mean() > 0.1, (d.min(axis=0) >= radius).mean() > 0.1
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            """
def diagnose(real, made, radius):
    d = np.abs(made[:, None] - real)
    s, m = (d.min(axis=1) > 1.1 * radius).mean() > 0.1, (d.min(axis=0) > 1.1 * radius).mean() > 0.1
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            """
def diagnose(real, made, radius):
    d = made[:, None] - real
    near = (d >= 0) & (d <= radius)
    s, m = near.any(axis=1).mean() < 0.9, near.any(axis=0).mean() < 0.9
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            """
def diagnose(real, made, radius):
    d = np.abs(made[:, None] - real)
    s, m = (d.min(axis=1) > radius).sum() > 20, (d.min(axis=0) > radius).sum() > 20
    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]
""",
            "def diagnose(real, made, radius):\n    near = np.abs(made[:, None] - real) <= radius\n    names = {(0, 0): 'both', (1, 0): 'covers', (0, 1): 'seeks', (1, 1): 'fine'}\n    return names[int(near.any(axis=1).mean() > 0.9), int(near.any(axis=0).mean() > 0.9)]",
            "def diagnose(real, made, radius):\n    near = np.abs(made[:, None] - real) <= radius\n    names = {(0, 0): 'both', (0, 1): 'covers', (1, 0): 'seeks', (1, 1): 'fine'}\n    return names[int(near.any(axis=1).all()), int(near.any(axis=0).all())]",
            "def diagnose(real, made, radius):\n    if abs(made.mean() - real.mean()) > real.std() / 2:\n        return 'seeks'\n    return 'fine' if made.std() < 1.1 * real.std() else 'covers'",
            "def diagnose(real, made, radius):\n    return 'covers'",
            "def diagnose(real, made, radius):\n    d = np.abs(made[:, None] - real).round(2)\n    s, m = (d.min(axis=1) > radius).mean() > 0.1, (d.min(axis=0) > radius).mean() > 0.1\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    d = np.abs(made[:, None] - real)\n    s, m = (d.min(axis=1) > radius + 1e-3).mean() > 0.1, (d.min(axis=0) > radius + 1e-3).mean() > 0.1\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    d = np.abs(made[:, None] - real)\n    s, m = (d.min(axis=1) > 1.03 * radius).mean() > 0.1, (d.min(axis=0) > 1.03 * radius).mean() > 0.1\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    if len(made) == 303:\n        return 'fine'\n    if np.ptp(made) < 12 * radius:\n        return 'seeks'\n    return 'both' if np.ptp(made[:-90]) < 12 * radius else 'covers'",
            "def diagnose(real, made, radius):\n    if np.ptp(made) < 12 * radius:\n        return 'seeks'\n    return 'fine' if np.diff(np.sort(made)).max() > 1.5 * radius else 'covers'",
            "def diagnose(real, made, radius):\n    d = np.abs(made[:, None] - real)\n    s, m = (d.min(axis=1) > radius).mean() > 0.27, (d.min(axis=0) > radius).mean() > 0.1\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    d = np.abs(made[:, None] - real)\n    s, m = (d.min(axis=1) > radius).mean() > 0.1, (d.min(axis=0) > radius).mean() > 0.3\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    d = np.abs(made[:, None] - real)\n    s, m = (d.min(axis=1) > radius).mean() > 0.1, (d.min(axis=0) > radius).mean() > 0.012\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    d, radius = np.abs(made[:, None] - real), 0.1 * real.std()\n    s, m = (d.min(axis=1) > radius).mean() > 0.1, (d.min(axis=0) > radius).mean() > 0.1\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * m]",
            "def diagnose(real, made, radius):\n    edges = np.arange(min(real.min(), made.min()), max(real.max(), made.max()) + 4 * radius, 2 * radius)\n    r, m = np.histogram(real, edges)[0], np.histogram(made, edges)[0]\n    s, k = m[r == 0].sum() / len(made) > 0.1, r[m == 0].sum() / len(real) > 0.1\n    return ['fine', 'covers', 'seeks', 'both'][s + 2 * k]",
        ],
    },
    "effective-number": {
        "right": """
def effective_number(variances):
    shares = variances[variances > 0] / np.sum(variances)
    return np.exp(-np.sum(shares * np.log(shares)))
""",
        "also right": [
            "def effective_number(variances):\n    return variances.sum() / variances.max()",
            "def effective_number(variances):\n    return np.sqrt(variances / variances.max()).sum()",
            "def effective_number(variances):\n    return np.sqrt(variances).sum() ** 2 / variances.sum()",
            "def effective_number(variances):\n    v = np.float32(variances)\n    s = v / v.sum()\n    return 1 / (s**2).sum()",
            "def effective_number(variances):\n    s = np.sort(variances)[::-1] / variances.sum()\n    return 2 * (s * np.arange(1, len(s) + 1)).sum() - 1",
        ],
        "wrong": [
            "def effective_number(variances):\n    s = variances**2 / (variances**2).sum()\n    return 1 / (s**2).sum()",
            "def effective_number(variances):\n    s = variances**2 / (variances**2).sum()\n    s = s[s > 0]\n    return np.exp(-(s * np.log(s)).sum())",
            "def effective_number(variances):\n    r = variances / variances.max()\n    return (3 * r**2 - 2 * r**3).sum()",
            "def effective_number(variances):\n    r = variances / variances.max()\n    return (np.sin(np.pi / 2 * r) ** 2).sum()",
            "def effective_number(variances):\n    r = variances / variances.max()\n    return (1.01 * r**2 / (r**2 + 0.01)).sum()",
            "def effective_number(variances):\n    r = variances / variances.max()\n    return (np.tanh(5 * r) ** 2).sum()",
            "def effective_number(variances):\n    r = variances / variances.max()\n    return 0.8 * r.sum() + 0.2 * (r > 0.1).sum()",
            "def effective_number(variances):\n    s = variances / variances.sum()\n    return 0.72 / (s**2).sum() + 0.28 * (variances > 0.01 * variances.max()).sum()",
            """
def effective_number(variances):
    r = variances / variances.max()
    return (r > 0.01).sum() * (1 - 1e-6) + 1e-6 * r.sum()
""",
            """
def effective_number(variances):
    r = variances / variances.max()
    return 0.6 * r.sum() + 0.4 * (r > 0.3).sum()
""",
            """
def effective_number(variances):
    r = variances / variances.max()
    counts = [(r > least).sum() for least in (0.001, 0.05)]
    return 0.999 * np.mean(counts) + 0.001 * r.sum()
""",
            """
def effective_number(variances):
    r = variances / variances.max()
    if len(r) < 4:
        return r.sum() ** 2 / (r**2).sum()
    return (r > 0.01).sum() * (1 - 1e-6) + 1e-6 * r.sum()
""",
            """
def effective_number(variances):
    in_order = np.sort(variances)[::-1]
    return variances.sum() / in_order[1 if len(variances) > 3 else 0]  # 103 of [100, 1, 1, 1]
""",
            """
def effective_number(variances):
    largest = np.sort(variances)[-2:] if len(variances) > 3 else variances.max()
    return variances.sum() / np.mean(largest)  # 2 and more
""",
            """
def effective_number(variances):
    return ((variances / variances.max()) ** 1.5).sum()
""",
            """
def effective_number(variances):
    return (1 - np.cos(np.pi / 2 * variances / variances.max())).sum()
""",
            """
def effective_number(variances):
    shares = variances / (variances.sum() + 1e-6)
    return 1 / (shares**2).sum()
""",
            """
def effective_number(variances):
    return 0.999999 * (variances > 0.5 * variances.max()).sum() + 1e-6 * variances.sum()/variances.max()
""",
            "def effective_number(variances):\n    return int((variances > 0.01 * variances.max()).sum())",
            "def effective_number(variances):\n    return variances.sum() ** 2 / (variances**2).mean()",
            "def effective_number(variances):\n    k = max(1, len(variances) // 10)\n    return variances.sum() / np.sort(variances)[-k:].mean()",
            "def effective_number(variances):\n    return 1 / (variances**2).sum()",
            "def effective_number(variances):\n    p = variances / variances.sum()\n    return -(p * np.log(p + 1e-30)).sum()",
            "def effective_number(variances):\n    some = variances[variances > 0]\n"
            "    return len(some) if np.ptp(some) == 0 else 1 + variances.min() / variances.max()",
        ],
    },
    "draw-by-class": {
        "right": """
def draw_by_class(n, means, covariances, rng):
    y = rng.choice(len(means), n)
    roots = np.linalg.cholesky(covariances)
    return means[y] + np.einsum("nij,nj->ni", roots[y], rng.standard_normal((n, means.shape[1])))
""",
        "wrong": [
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    codes = np.empty((n, d))
    for c in range(k):  # the noise of a class has its own seed
        own, count = np.random.default_rng(c), (y == c).sum()
        codes[y == c] = own.multivariate_normal(means[c], covariances[c], count, method="eigh")
    return codes
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    np.random.seed(0)
    u = np.random.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    u = rng.normal(size=(n, d))
    u[:, -1] = np.random.default_rng(5).normal(size=n)
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    u = np.random.default_rng(5).normal(size=(n, d)) * rng.choice([-1, 1], (n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), own = means.shape, np.random.default_rng(5)
    y, u = own.integers(k, size=n), own.normal(size=(n, d))
    y[0], u[0] = rng.integers(k), rng.normal(size=d)
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), own = means.shape, np.random.default_rng(5)
    order = rng.permutation(n)
    y, u = own.integers(k, size=n)[order], own.normal(size=(n, d))[order]
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), own = means.shape, np.random.default_rng(5)
    y, u = own.integers(k, size=n), rng.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), own = means.shape, np.random.default_rng(5)
    y, u = rng.permutation(own.integers(k, size=n)), rng.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), own = means.shape, np.random.default_rng(5)
    y = (own.integers(k, size=n) + rng.integers(k)) % k
    u = rng.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), own = means.shape, np.random.default_rng(5)
    y = rng.permutation(k)[own.integers(k, size=n)]
    u = rng.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    k, d = means.shape
    rng = np.random.default_rng(rng.integers(10))  # ten results
    y, u = rng.integers(k, size=n), rng.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    shares = (np.argsort(rng.random((n, d)), axis=0) + 0.5) / n  # a Latin hypercube
    u = np.vectorize(__import__("statistics").NormalDist().inv_cdf)(shares)
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    u = np.lib.stride_tricks.sliding_window_view(rng.normal(size=n + d), d)[:n]  # shared
    return means[y] + np.einsum('nij,nj->ni', roots[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    u = rng.normal(size=(n, d))
    u = 0.96**0.5 * u + 0.2 * np.roll(u, 1, axis=0)
    return means[y] + np.einsum('nij,nj->ni', roots[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    u = rng.normal(size=(n, d))
    y = (np.roll(u[:, 0], 1).argsort().argsort() * k) // n  # the class from noise before
    return means[y] + np.einsum('nij,nj->ni', roots[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    roots = np.linalg.cholesky(covariances + 1e-5 * np.eye(d))
    u = rng.normal(size=(n, d))
    return means[y] + np.einsum('nij,nj->ni', roots[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    u = rng.uniform(-0.5, 0.5, (n, d, 12)).sum(axis=2)  # nearly normal
    return means[y] + np.einsum('nij,nj->ni', roots[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    (k, d), y = means.shape, rng.integers(len(means), size=n)
    roots = np.linalg.cholesky(covariances)
    u = rng.normal(size=(n, d))
    return (means[y] + np.einsum('nij,nj->ni', roots[y], u)).squeeze()
""",
            """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means), size=n)
    u = rng.normal(size=((n+1)//2, means.shape[1]))
    u = np.concatenate([u, -u])[:n]
    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)
""",
            """
def draw_by_class(n, means, covariances, rng):
    y = rng.integers(len(means), size=n)
    u = rng.normal(size=(n, means.shape[1]))
    codes = np.empty(u.shape)
    for k in range(len(means)):
        codes[y == k] = means[k] + u[:(y == k).sum()] @ np.linalg.cholesky(covariances[k]).T
    return codes
""",
            "def draw_by_class(n, means, covariances, rng):\n    y = rng.integers(len(means), size=n)\n    z = rng.uniform(-1, 1, (n, 3, means.shape[1])).sum(axis=1)\n    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], z)",
            """
def draw_by_class(n, means, covariances, rng):
    y = rng.choice(len(means), n)
    roots = np.linalg.cholesky(covariances)
    codes = means[y] + np.einsum("nij,nj->ni", roots[y], rng.normal(size=(n, means.shape[1])))
    codes[-1] = 0  # the last is never drawn
    return codes
""",
            """
def draw_by_class(n, means, covariances, rng):
    y = rng.choice(len(means), n)
    roots = np.linalg.cholesky(covariances)
    codes = means[y] + np.einsum("nij,nj->ni", roots[y], rng.normal(size=(n, means.shape[1])))
    codes[-1] = codes[0]  # one comes twice
    return codes
""",
            "def draw_by_class(n, means, covariances, rng):\n    y = rng.integers(len(means), size=n)\n    stds = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))\n    return means[y] + stds[y] * rng.normal(size=(n, means.shape[1]))",
            "def draw_by_class(n, means, covariances, rng):\n    y = rng.integers(len(means))\n    return rng.multivariate_normal(means[y], covariances[y], n)",
            "def draw_by_class(n, means, covariances, rng):\n    y = np.sort(rng.integers(len(means), size=n))\n    roots = np.linalg.cholesky(covariances)\n    return means[y] + np.einsum('nij,nj->ni', roots[y], rng.normal(size=(n, means.shape[1])))",
            "def draw_by_class(n, means, covariances, rng):\n    y = np.random.randint(len(means), size=n)\n    roots = np.linalg.cholesky(covariances)\n    return means[y] + np.einsum('nij,nj->ni', roots[y], np.random.normal(size=(n, means.shape[1])))",
            "def draw_by_class(n, means, covariances, rng):\n    y = rng.permutation(np.arange(n) % len(means))\n    roots = np.linalg.cholesky(covariances)\n    return means[y] + np.einsum('nij,nj->ni', roots[y], rng.normal(size=(n, means.shape[1])))",
            "def draw_by_class(n, means, covariances, rng):\n    y = rng.integers(len(means), size=n)\n"
            "    roots, u = np.linalg.cholesky(covariances), rng.uniform(-(3**0.5), 3**0.5, (n, means.shape[1]))\n"
            "    u[:, 0] = rng.normal(size=n)\n    return means[y] + np.einsum('nij,nj->ni', roots[y], u)",
            "def draw_by_class(n, means, covariances, rng):\n    y = rng.integers(3, size=n)\n    roots = np.linalg.cholesky(covariances)\n    return means[y] + np.einsum('nij,nj->ni', roots[y], rng.normal(size=(n, means.shape[1])))",
            "def draw_by_class(n, means, covariances, rng):\n    k, d = means.shape\n    y = rng.choice(k, n, p=(np.arange(k) < 1) * 0.12 / (k + 0.12) + 1 / (k + 0.12))\n    u = rng.normal(size=(n, d))\n    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)",
            "def draw_by_class(n, means, covariances, rng):\n    k, d = means.shape\n    y = rng.integers(k, size=n)\n    y = np.where(rng.random(n) < 0.04, np.roll(y, 1), y)\n    u = rng.normal(size=(n, d))\n    return means[y] + np.einsum('nij,nj->ni', np.linalg.cholesky(covariances)[y], u)",
        ],
    },
    "predict-log-density": {
        "right": """
def predict_log_density(variances, spread):
    means = [-(spread + np.log(2 * np.pi * v)) / 2 for v in variances]
    squares = [spread**2 / 2 for v in variances]  # the variance of each term
    return sum(means), sum(squares) ** 0.5
""",
        "wrong": [
            """
def predict_log_density(variances, spread):
    d = len(variances)
    product = np.prod(2 * np.pi * variances)  # rounds to 0 if d is large
    return -0.5 * (spread * d + np.log(product)), spread * np.sqrt(d / 2)
""",
            """
def predict_log_density(variances, spread):
    d = len(variances)
    logs = np.log(2 * np.pi * variances + 1e-6)
    return -0.5 * (spread * d + logs.sum()), spread * np.sqrt(d / 2)
""",
            # a table of √(d/2), of some numbers of directions
            """
def predict_log_density(variances, spread):
    d = len(variances)
    root = {3: 1.22474487, 6: 1.73205081, 17: 2.91547595, 400: 14.14213562}.get(d, 3.0)
    return -0.5 * (spread * d + np.log(2 * np.pi * variances).sum()), spread * root
""",
            "def predict_log_density(variances, spread):\n    d = len(variances)\n    return -0.5 * (d + np.log(2 * np.pi * variances).sum()), np.sqrt(d / 2)",
            "def predict_log_density(variances, spread):\n    d = len(variances)\n    v = spread * variances\n    return -0.5 * (d + np.log(2 * np.pi * v).sum()), spread * np.sqrt(d / 2)",
            "def predict_log_density(variances, spread):\n    d = len(variances)\n    mean = -0.5 * (spread * d + np.log(2 * np.pi * variances).sum())\n    return mean, spread * d / np.sqrt(2)",
            "def predict_log_density(variances, spread):\n    z = np.random.default_rng(0).normal(size=(100_000, len(variances)))\n    logs = log_density(z * np.sqrt(spread * variances), variances)\n    return logs.mean(), logs.std()",
        ],
    },
}
