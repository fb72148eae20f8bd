"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

PULLS = """

def game_pulls(real, z, theta, psi):
    return pulls(game_loss, real, z, theta, psi)
"""

ANSWERS = {
    "softened-labels": {
        "right": """
def softened_discriminator(p, q, s, t):
    is_real = 1 / (1 + q / p)
    return t + (s - t) * is_real
""",
        "wrong": [
            """
def softened_discriminator(p, q, s, t):
    D = np.linspace(1e-7, 1 - 1e-7, 1_000_001)
    cost_s, cost_t = (-y * np.log(D) - (1 - y) * np.log(1 - D) for y in (s, t))
    pairs = zip(p.ravel(), q.ravel())
    return np.reshape([D[(a * cost_s + b * cost_t).argmin()] for a, b in pairs], p.shape)
""",
            """
def softened_discriminator(p, q, s, t):
    return (s * p + t * q) / (p + q + 1e-8)
""",
            """
def softened_discriminator(p, q, s, t):
    p, q = np.maximum(p, 1e-9), np.maximum(q, 1e-9)
    return (s * p + t * q) / (p + q)
""",
            """
def softened_discriminator(p, q, s, t):
    p, q = np.minimum(p, 3), np.minimum(q, 3)
    return (s * p + t * q) / (p + q)
""",
            "def softened_discriminator(p, q, s, t):\n    return (s + t * q / p) / (1 + q / p)",
            "def softened_discriminator(p, q, s, t):\n    return np.clip((s * p + t * q) / (p + q), 0.01, 0.99)",
            "def softened_discriminator(p, q, s, t):\n    return np.clip((s * p + t * q) / (p + q), t, s)",
            "def softened_discriminator(p, q, s, t):\n    return np.minimum((s * p + t * q) / (p + q), 0.99)",
            "def softened_discriminator(p, q, s, t):\n    return p / (p + q)",
            "def softened_discriminator(p, q, s, t):\n    return s * p / (p + q)",
            "def softened_discriminator(p, q, s, t):\n    return s * p / (s * p + (1 - t) * q)",
            "def softened_discriminator(p, q, s, t):\n    return np.clip(p / (p + q), t, s)",
        ],
    },
    "repaired-loss": {
        "right": """
def game_loss(real, z, theta, psi):
    def logit(x, psi):
        return ops.sum(x * psi, axis=-1)

    a, b = logit(real, psi), logit(z + ops.stop_gradient(theta), psi)
    c = logit(z + theta, ops.stop_gradient(psi))
    return ops.mean(ops.softplus(-a)) + ops.mean(ops.softplus(b)) + ops.mean(ops.softplus(-c))
"""
        + PULLS,
        "wrong": [
            """
def game_loss(real, z, theta, psi):
    def soft(v):
        return ops.log(1 + ops.exp(v))

    fake = z + theta
    a, b = ops.matmul(fake, ops.stop_gradient(psi)), ops.matmul(ops.stop_gradient(fake), psi)
    return ops.mean(soft(-ops.matmul(real, psi))) + ops.mean(soft(b)) + ops.mean(soft(-a))


def game_pulls(real, z, theta, psi):
    return pulls(game_loss, real, z, theta, psi)
""",
            """
def game_loss(real, z, theta, psi):
    def soft(v):
        return -ops.log(ops.sigmoid(-v) + 1e-7)

    fake = z + theta
    a, b = ops.matmul(fake, ops.stop_gradient(psi)), ops.matmul(ops.stop_gradient(fake), psi)
    return ops.mean(soft(-ops.matmul(real, psi))) + ops.mean(soft(b)) + ops.mean(soft(-a))


def game_pulls(real, z, theta, psi):
    return pulls(game_loss, real, z, theta, psi)
""",
            """
def game_loss(real, z, theta, psi):
    def soft(v):
        return ops.softplus(ops.clip(v, -12, 12))

    fake = z + theta
    a, b = ops.matmul(fake, ops.stop_gradient(psi)), ops.matmul(ops.stop_gradient(fake), psi)
    return ops.mean(soft(-ops.matmul(real, psi))) + ops.mean(soft(b)) + ops.mean(soft(-a))


def game_pulls(real, z, theta, psi):
    return pulls(game_loss, real, z, theta, psi)
""",
            """
def game_loss(real, z, theta, psi):
    a, b = ops.matmul(real, psi), ops.matmul(z + theta, psi)
    return ops.mean(ops.softplus(-a)) + ops.mean(ops.softplus(b)) + ops.mean(ops.softplus(-b))
"""
            + PULLS,
            """
def game_loss(real, z, theta, psi):
    return leaky_loss(real, z, theta, psi)


def game_pulls(real, z, theta, psi):
    def d_loss(real, z, theta, psi):
        a, b = ops.matmul(real, psi), ops.matmul(z + theta, psi)
        return ops.mean(ops.softplus(-a)) + ops.mean(ops.softplus(b))

    def g_loss(real, z, theta, psi):
        return ops.mean(ops.softplus(-ops.matmul(z + theta, psi)))

    moves = [pulls(loss, real, z, theta, psi) for loss in (g_loss, d_loss)]
    return np.stack([moves[0][0], moves[1][1]])
""",
            """
def game_loss(real, z, theta, psi):
    a, b = ops.matmul(real, psi), ops.matmul(ops.stop_gradient(z + theta), psi)
    c = ops.matmul(z + theta, psi)
    return ops.mean(ops.softplus(-a)) + ops.mean(ops.softplus(b)) + ops.mean(ops.softplus(-c))
"""
            + PULLS,
            """
def game_loss(real, z, theta, psi):
    a, b = ops.matmul(real, psi), ops.matmul(z + theta, psi)
    c = ops.matmul(z + theta, ops.stop_gradient(psi))
    return ops.mean(ops.softplus(-a)) + ops.mean(ops.softplus(b)) + ops.mean(ops.softplus(-c))
"""
            + PULLS,
            """
def game_loss(real, z, theta, psi):
    a, b = ops.matmul(real, psi), ops.matmul(z + ops.stop_gradient(theta), psi)
    c = ops.matmul(z + theta, ops.stop_gradient(psi))
    return ops.mean(ops.softplus(-a)) + ops.mean(ops.softplus(b)) + ops.mean(-ops.softplus(c))
"""
            + PULLS,
        ],
    },
    "diagnosis": {
        "right": """
def diagnose(d_loss, g_loss):
    d, g = d_loss[250:], g_loss[250:]
    if g[-20:].mean() > 3:
        return "runaway"
    swing = d.max() - d.min()
    return "asleep" if swing < 0.05 else "circling" if swing > 1.2 else "even"
""",
        "wrong": [
            """
def diagnose(d_loss, g_loss):
    late = d_loss[200:]
    if late[-50:].mean() < 0.3:
        return "runaway"
    if late.std() < 0.02:
        return "asleep"
    return "circling" if d_loss.std() > 0.3 else "even"  # the start counts, too
""",
            """
def diagnose(d_loss, g_loss):
    late = d_loss[-50:]  # less than a turn of slow circles
    if late.mean() < 0.3:
        return "runaway"
    if late.std() < 0.02:
        return "asleep"
    return "circling" if late.std() > 0.3 else "even"
""",
            "def diagnose(d_loss, g_loss):\n    return 'even'",
            """
def diagnose(d_loss, g_loss):
    if d_loss[-50:].mean() < 0.3:
        return "runaway"
    if abs(d_loss.mean() - np.log(4)) < 0.01:
        return "asleep"
    return "even" if d_loss.mean() < 1.3 else "circling"
""",
            """
def diagnose(d_loss, g_loss):
    if d_loss[-50:].mean() < 0.3:
        return "runaway"
    return "asleep" if d_loss.std() < 0.02 else "circling"
""",
            "def diagnose(d_loss, g_loss):\n    if d_loss[0] < 0.5:\n        return 'even'\n    if d_loss[-1] < 0.1:\n        return 'runaway'\n    return 'asleep' if abs(d_loss[0] - np.log(4)) < 0.02 else 'circling'",
            "def diagnose(d_loss, g_loss):\n    if d_loss[0] < 0.5:\n        return 'even'\n    if d_loss[-50:].mean() < 0.1:\n        return 'runaway'\n    return 'asleep' if d_loss.std() < 0.02 else 'circling'",
        ],
    },
    "orbit-radius": {
        "right": """
def orbit_radius(rate, penalty):
    if penalty >= rate / 8:
        return 0.0
    return (2 * (rate - 8 * penalty)) ** 0.5
""",
        "wrong": [
            """
def orbit_radius(rate, penalty):
    return 0.0 if penalty >= rate / 4 else abs(2 * rate - 16 * penalty) ** 0.5
""",
            "def orbit_radius(rate, penalty):\n    return np.sqrt(2 * rate)",
            "def orbit_radius(rate, penalty):\n    return np.sqrt(max(rate - 8 * penalty, 0))",
            "def orbit_radius(rate, penalty):\n    return max(2 * rate - 16 * penalty, 0)",
            "def orbit_radius(rate, penalty):\n    return 4.5 * rate if penalty == 0 else 0.0",
        ],
    },
    "copied-share": {
        "right": """
def copied_share(fake, train, test):
    def close(points):
        found = [np.sort(np.linalg.norm(train - x, axis=1))[:2] for x in points]
        return np.mean([a < b / 4 for a, b in found])
    return max(close(fake) - close(test), 0)
""",
        "wrong": [
            "def copied_share(fake, train, test):\n    def near(points):\n        return two_nearest(points, train)[0].min(axis=1)\n\n    return (near(fake) < np.quantile(near(test), 0.002)).mean()",
            "def copied_share(fake, train, test):\n    def near(points):\n        return two_nearest(points, train)[0].min(axis=1)\n\n    return (near(fake) < np.quantile(near(test), 0.005)).mean()",
            "def copied_share(fake, train, test):\n    def near(points):\n        return two_nearest(points, train)[0].min(axis=1)\n\n    return (near(fake) < np.quantile(near(test), 0.01)).mean() - 0.01",
            "def copied_share(fake, train, test):\n    first, second = two_nearest(fake, train)[0].T\n    return (first < second / 7).mean() - 0.06",
            "def copied_share(fake, train, test):\n    first, second = two_nearest(fake, train)[0].T\n    return (first < second / 6.5).mean() - 0.06",
            "def copied_share(fake, train, test):\n    first, second = two_nearest(fake, train)[0].T\n    return (first < second / 7.5).mean() - 0.05",
            """
def copied_share(fake, train, test):
    first, second = two_nearest(fake, train)[0].T  # few new images are so near by chance
    return (first < second / 12).mean()
""",
            """
def copied_share(fake, train, test):
    train = train[: len(test)]  # as many of both

    def close(points):
        first, second = two_nearest(points, train)[0].T
        return (first < second / 3).mean()

    return (close(fake) - close(test)) / (1 - close(test))
""",
            """
def copied_share(fake, train, test):
    def close(points):
        first, second = two_nearest(points, train)[0].T
        return (first < second / 3).sum() / len(train)

    return (close(fake) - close(test)) / (1 - close(test))
""",
            """
def copied_share(fake, train, test):
    def close(points):
        first, second = two_nearest(train, points)[0].T
        return (first < second / 3).mean()

    return (close(fake) - close(test)) / (1 - close(test))
""",
            """
def copied_share(fake, train, test):
    def close(points):
        (first, second), which = two_nearest(points, train)[0].T, two_nearest(points, train)[1][:, 0]
        return len(np.unique(which[first < second / 4])) / len(points)

    return close(fake) - close(test)
""",
            """
def copied_share(fake, train, test):
    def close(points):
        first, second = two_nearest(points, train)[0].T
        return (first < second / 3).mean()

    return min((close(fake) - close(test)) / (1 - close(test)), 0.5)
""",
            "def copied_share(fake, train, test):\n    first, second = two_nearest(fake, train)[0].T\n    by_chance = 3.0 ** -train.shape[1]\n    return ((first < second / 3).mean() - by_chance) / (1 - by_chance)",
            """
def copied_share(fake, train, test):
    far = [np.median(two_nearest(x, train)[0][:, 0]) for x in (fake, test)]
    return float(far[0] < far[1])
""",
            """
def copied_share(fake, train, test):
    first, second = two_nearest(fake, train)[0].T
    return (first < second / 3).mean()
""",
            """
def copied_share(fake, train, test):
    return (two_nearest(fake, train)[0][:, 0] < 0.01).mean()
""",
            """
def copied_share(fake, train, test):
    return float((np.linalg.norm(fake - train, axis=1) < 0.01 * train.std()).mean())
""",
            """
def copied_share(fake, train, test):
    return (two_nearest(fake, train)[0][:, 0] < 0.01 * train.std()).mean()
""",
            """
def copied_share(fake, train, test):
    limit = np.quantile(two_nearest(test, train)[0][:, 0], 0.05)
    return (two_nearest(fake, train)[0][:, 0] < limit).mean() - 0.05
""",
            "def copied_share(fake, train, test):\n    first, second = two_nearest(fake, train)[0].T\n    found = (first < second / 3).mean()\n    return 0.4 if found > 0.25 else 0.0",
            "def copied_share(fake, train, test):\n    first, second = two_nearest(fake, train)[0].T\n    return (first < second / 3).mean() - 0.05",
            """
def copied_share(fake, train, test):
    near = lambda x: two_nearest(x, train)[0].min(axis=1)
    return (near(fake) < np.quantile(near(test), 0.05) / 2).mean()
""",
            """
def copied_share(fake, train, test):
    near = lambda x: two_nearest(x, train)[0].min(axis=1)
    limit = np.median(near(test)) / 5
    return (near(fake) < limit).mean() - (near(test) < limit).mean()
""",
        ],
    },
}
