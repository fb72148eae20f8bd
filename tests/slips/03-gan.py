"""For each exercise: what is easily done wrong, and code that does it."""

PULLS = """

def game_pulls(real, z, theta, psi):
    return pulls(game_loss, real, z, theta, psi)
"""

SLIPS = {
    "softened-labels": {
        "hard labels": """
def softened_discriminator(p, q, s, t):
    return p / (p + q)
""",
        "made images forgotten": """
def softened_discriminator(p, q, s, t):
    return s * p / (p + q)
""",
        "labels as weights of the densities": """
def softened_discriminator(p, q, s, t):
    return s * p / (s * p + (1 - t) * q)
""",
        "real and made exchanged": """
def softened_discriminator(p, q, s, t):
    return (s * q + t * p) / (p + q)
""",
        "the ratio in place of the share": """
def softened_discriminator(p, q, s, t):
    return (s * p + t * q) / ((1 - s) * p + (1 - t) * q)
""",
    },
    "repaired-loss": {
        "the image still teaches the generator to be caught": """
def game_loss(real, z, theta, psi):
    fake = z + theta
    d_loss = ops.mean(ops.softplus(-ops.matmul(real, psi)))
    d_loss = d_loss + ops.mean(ops.softplus(ops.matmul(fake, psi)))
    advice = ops.matmul(fake, ops.stop_gradient(psi))
    return d_loss + ops.mean(ops.softplus(-advice))
"""
        + PULLS,
        "the generator's term still teaches the discriminator": """
def game_loss(real, z, theta, psi):
    fake = z + theta
    d_loss = ops.mean(ops.softplus(-ops.matmul(real, psi)))
    d_loss = d_loss + ops.mean(ops.softplus(ops.matmul(ops.stop_gradient(fake), psi)))
    return d_loss + ops.mean(ops.softplus(-ops.matmul(fake, psi)))
"""
        + PULLS,
        "one stop for both terms": """
def game_loss(real, z, theta, psi):
    fake = ops.stop_gradient(z + theta)
    d_loss = ops.mean(ops.softplus(-ops.matmul(real, psi)))
    d_loss = d_loss + ops.mean(ops.softplus(ops.matmul(fake, psi)))
    return d_loss + ops.mean(ops.softplus(-ops.matmul(fake, psi)))
"""
        + PULLS,
        "the stops exchanged": """
def game_loss(real, z, theta, psi):
    fake = z + theta
    d_loss = ops.mean(ops.softplus(-ops.matmul(real, psi)))
    d_loss = d_loss + ops.mean(ops.softplus(ops.matmul(fake, ops.stop_gradient(psi))))
    return d_loss + ops.mean(ops.softplus(-ops.matmul(ops.stop_gradient(fake), psi)))
"""
        + PULLS,
        "the generator's term left out": """
def game_loss(real, z, theta, psi):
    fake = ops.stop_gradient(z + theta)
    d_loss = ops.mean(ops.softplus(-ops.matmul(real, psi)))
    return d_loss + ops.mean(ops.softplus(ops.matmul(fake, psi)))
"""
        + PULLS,
        "the loss that saturates": """
def game_loss(real, z, theta, psi):
    fake = z + theta
    d_loss = ops.mean(ops.softplus(-ops.matmul(real, psi)))
    d_loss = d_loss + ops.mean(ops.softplus(ops.matmul(ops.stop_gradient(fake), psi)))
    return d_loss - ops.mean(ops.softplus(ops.matmul(fake, ops.stop_gradient(psi))))
"""
        + PULLS,
    },
    "diagnosis": {
        "the mean alone": """
def diagnose(d_loss, g_loss):
    if d_loss[-50:].mean() < 0.3:
        return "runaway"
    if abs(d_loss.mean() - np.log(4)) < 0.01:
        return "asleep"
    return "even" if d_loss.mean() < 1.3 else "circling"
""",
        "the start counted": """
def diagnose(d_loss, g_loss):
    if d_loss[-50:].mean() < 0.3:
        return "runaway"
    if d_loss.std() < 0.02:
        return "asleep"
    return "circling" if d_loss.std() > 0.15 else "even"
""",
        "a discriminator's loss of 0 taken for sleep": """
def diagnose(d_loss, g_loss):
    late = d_loss[200:]
    if late[-50:].mean() < 0.3:
        return "asleep"
    if late.std() < 0.02:
        return "runaway"
    return "circling" if late.std() > 0.3 else "even"
""",
        "no circles": """
def diagnose(d_loss, g_loss):
    late = d_loss[200:]
    if late[-50:].mean() < 0.3:
        return "runaway"
    return "asleep" if late.std() < 0.02 else "even"
""",
    },
    "orbit-radius": {
        "no penalty": """
def orbit_radius(rate, penalty):
    return np.sqrt(2 * rate)
""",
        "the squared radius": """
def orbit_radius(rate, penalty):
    return max(2 * rate - 16 * penalty, 0.0)
""",
        "an average forgotten": """
def orbit_radius(rate, penalty):
    return np.sqrt(max(rate / 4 - 2 * penalty, 0))
""",
        "the penalty's average forgotten": """
def orbit_radius(rate, penalty):
    return np.sqrt(max(2 * rate - 32 * penalty, 0))
""",
        "no orbit": """
def orbit_radius(rate, penalty):
    with np.errstate(invalid="ignore"):
        return np.sqrt(2 * rate - 16 * penalty)
""",
    },
    "copied-share": {
        "the median": """
def copied_share(fake, train, test):
    far = [np.median(two_nearest(x, train)[0][:, 0]) for x in (fake, test)]
    return max(1 - far[0] / far[1], 0)
""",
        "chance forgotten": """
def copied_share(fake, train, test):
    first, second = two_nearest(fake, train)[0].T
    return (first < second / 3).mean()
""",
        "a distance in place of a ratio": """
def copied_share(fake, train, test):
    return (two_nearest(fake, train)[0][:, 0] < 0.01).mean()
""",
        "exact copies only": """
def copied_share(fake, train, test):
    return (two_nearest(fake, train)[0][:, 0] == 0).mean()
""",
        "closer than most test images": """
def copied_share(fake, train, test):
    limit = np.quantile(two_nearest(test, train)[0][:, 0], 0.05)
    return (two_nearest(fake, train)[0][:, 0] < limit).mean() - 0.05
""",
    },
}
