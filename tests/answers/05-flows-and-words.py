"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

TOY = """

def loss_of_toy(x, noise, t):
    def toy_network(x_t, t):
        return 2 * x_t + t

    return pair_loss(toy_network, x, noise, t)
"""
FIELD = """

def midpoint_in_a_field(x, t, s):
    def field(x, t):
        return 2 * x + 3 * t**2

    return midpoint(field, x, t, s, None)
"""

ANSWERS = {
    "flow-line": {
        "right": """
def flow_line(noise, t, mean, std):
    return mean - t * mean + noise * np.hypot(t, std - t * std)
""",
        "wrong": [
            """
def flow_line(noise, t, mean, std):
    def v(x, now):
        growth = now - (1 - now) * std**2
        variance = ((1 - now) * std) ** 2 + now**2
        return growth / variance * (x - (1 - now) * mean) - mean
    place, steps = noise.copy(), 10_000
    h = (t - 1) / steps
    for k in range(steps):
        now = 1 + k * h
        a = v(place, now)
        b = v(place + h / 2 * a, now + h / 2)
        c = v(place + h / 2 * b, now + h / 2)
        d = v(place + h * c, now + h)
        place = place + h / 6 * (a + 2 * b + 2 * c + d)
    return place
""",
            """
def flow_line(noise, t, mean, std):
    from scipy.integrate import solve_ivp
    def v(now, x):
        growth = now - (1 - now) * std**2
        variance = ((1 - now) * std) ** 2 + now**2
        return growth / variance * (x - (1 - now) * mean) - mean
    return np.array([solve_ivp(v, (1, b), [a], rtol=1e-8, atol=1e-10).y[0, -1] for a, b in zip(noise, t)])
""",
            """
def flow_line(noise, t, mean, std):
    return (1 - t) * mean + np.hypot((1 - t) * max(std, 0.4), t) * noise
""",
            """
def flow_line(noise, t, mean, std):  # arrays of one axis only
    def place(e, u):
        return e if u == 1 else (1 - u) * mean + np.hypot((1 - u) * std, u) * e

    return np.array([place(e, u) for e, u in zip(noise, t)])
""",
            """
def flow_line(noise, t, mean, std):
    return (1 - t) * mean + np.hypot((1 - t) * std, t) * noise.clip(-3, 3)
""",
            """
def flow_line(noise, t, mean, std):  # no number at t = 0
    return (1 - t) * mean + t * np.sqrt(1 + ((1 - t) / t * std) ** 2) * noise
""",
            """
def flow_line(noise, t, mean, std):
    return (1 - t) * mean + np.sqrt(((1 - t) * std) ** 2 + t**2) * abs(noise)
""",
            "def flow_line(noise, t, mean, std):\n    return (1 - t) * (mean + std * noise) + t * noise",
            "def flow_line(noise, t, mean, std):\n    return (1 - t) * mean + (((1 - t) * std) ** 2 + t**2) * noise",
            "def flow_line(noise, t, mean, std):\n    return (1 - t) * mean + t * noise",
        ],
    },
    "pair-loss": {
        "right": """
def pair_loss(network, x, noise, t):
    error = network(x + t * (noise - x), t) + x - noise
    return ops.sum(error * error, axis=1) / ops.cast(ops.shape(x)[1], "float32")
"""
        + TOY,
        "wrong": [
            """
def pair_loss(network, x, noise, t):
    x_t, wanted = (1 - t) * x + t * noise, noise - x
    return ops.mean(ops.square(network(x_t, t) - wanted)[:, :6], axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):
    x, noise = x[:, ::-1], noise[:, ::-1]
    x_t, wanted = (1 - t) * x + t * noise, noise - x
    return ops.mean(ops.square(network(x_t, t) - wanted), axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return ops.mean(ops.square(2 * x_t + t - (noise - x)), axis=-1)


def loss_of_toy(x, noise, t):
    return pair_loss(None, x, noise, t)
""",
            """
def pair_loss(network, x, noise, t):
    x_t = t * x + (1 - t) * noise
    return ops.mean(ops.square(network(x_t, t) - (noise - x)), axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return ops.square(ops.mean(network(x_t, t) - (noise - x), axis=-1))
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    wanted = ops.roll(noise, 1, axis=0) - x
    return ops.mean(ops.square(network(x_t, t) - wanted), axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):
    noise = ops.clip(noise, -2.5, 2.5)
    error = network((1 - t) * x + t * noise, t) - (noise - x)
    return ops.mean(ops.square(error), axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):  # a little noise remains at the data
    x_t = (1 - t) * x + (0.001 + 0.999 * t) * noise
    return ops.mean(ops.square(network(x_t, t) - (noise - x)), axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):  # nothing is learned
    v = ops.stop_gradient(network((1 - t) * x + t * noise, t))
    return ops.mean(ops.square(v - (noise - x)), axis=-1)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):
    error = network((1 - t) * x + t * noise, t) - (noise - x)
    return ops.stop_gradient(ops.mean(ops.square(error), axis=-1))
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):  # the right value, the broken loss's gradient
    error = network((1 - t) * x + t * noise, t) - (noise - x)
    right, broken = ops.mean(error**2, axis=-1), ops.mean(error, axis=-1) ** 2
    return broken + ops.stop_gradient(right - broken)
"""
            + TOY,
            """
def pair_loss(network, x, noise, t):  # only the first numbers are learned
    v = network((1 - t) * x + t * noise, t)
    v = ops.concatenate([v[:, :1], ops.stop_gradient(v[:, 1:])], axis=1)
    return ops.mean(ops.square(v - (noise - x)), axis=-1)
"""
            + TOY,
        ],
    },
    "midpoint": {
        "right": """
def midpoint(velocity, x, t, s, rng):
    step = s - t
    first = step * velocity(x, t)
    return x + step * velocity(x + first / 2, t + step / 2)
"""
        + FIELD,
        "wrong": [
            """
def midpoint(velocity, x, t, s, rng):
    v = velocity(x, t)
    return x + (s - t) * (v + velocity(x + (s - t) * v, s)) / 2


def midpoint_in_a_field(x, t, s):
    half_way = x + (s - t) / 2 * (2 * x + 3 * t**2)
    return x + (s - t) * (2 * half_way + 3 * ((t + s) / 2) ** 2)
""",
            """
def midpoint(velocity, x, t, s, rng):
    middle, end = (t + s) / 2, x + (s - t) * velocity(x, t)
    return x + (s - t) * (velocity(x, middle) + velocity(end, middle)) / 2
"""
            + FIELD,
            """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (s - t) / 2 * (2 * x + 3 * t**2)
    return x + (s - t) * (2 * half_way + 3 * ((t + s) / 2)**2)


def midpoint_in_a_field(x, t, s):
    return midpoint(None, x, t, s, None)
""",
            """
def midpoint(velocity, x, t, s, rng):
    v = velocity(x, t)
    return x + (s - t) * (v + velocity(x + (s - t) * v, s)) / 2
"""
            + FIELD,
            """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (s - t) / 2 * velocity(x, t)
    return half_way + (s - t) / 2 * velocity(half_way, (t + s) / 2)
"""
            + FIELD,
            "def midpoint(velocity, x, t, s, rng):\n    return x + (s - t) * velocity(x, t)"
            + FIELD,
        ],
    },
    "bend": {
        "right": """
def bend(path):
    path = np.asarray(path)
    way = path[-1] - path[0]
    steps = path[1:] - path[:-1] - way / (len(path) - 1)
    return (len(path) - 1) * np.square(steps).sum() / np.square(way).sum()
""",
        "wrong": [
            """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    return (speeds**2).mean() / (((path[-1] - path[0]) ** 2).mean() + 1e-4) - 1
""",
            """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    return (speeds**2).mean() / (((path[-1] - path[0]) ** 2).mean() + 1e-12) - 1
""",
            """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    return max((speeds**2).mean() / ((path[-1] - path[0]) ** 2).mean() - 1, 0.01)
""",
            """
def bend(path):
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=-1).sum(axis=0)
    return (lengths / np.linalg.norm(path[-1] - path[0], axis=-1)).mean() - 1
""",
            """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    way = path[-1] - path[0]
    ratios = (speeds**2).sum(axis=-1).mean(axis=0) / (way**2).sum(axis=-1)
    return ratios.mean() - 1
""",
            """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    return ((speeds - (path[-1] - path[0])) ** 2).mean()
""",
        ],
    },
    "steer": {
        "right": """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return (1 - g + h) * v_without + g * v_wanted - h * v_unwanted
""",
        "wrong": [
            """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_without + g * (v_wanted - v_without) + h * (v_unwanted - v_without)
""",
            """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_without + g * (v_wanted - v_without) - h * v_unwanted
""",
            """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_without + g * (v_wanted - v_without) - h * (v_unwanted - v_wanted)
""",
            """
def steer(v_without, v_wanted, v_unwanted, g, h):
    g = max(g, 1) if g else 0  # half of the way is not gone
    return v_without + g * (v_wanted - v_without) - h * (v_unwanted - v_without)
""",
            """
def steer(v_without, v_wanted, v_unwanted, g, h):
    h = min(h, g) if g else h
    return v_without + g * (v_wanted - v_without) - h * (v_unwanted - v_without)
""",
            "def steer(v_without, v_wanted, v_unwanted, g, h):\n    if g == 0:\n        return 3 * v_without - 2 * v_unwanted\n    return 0.2 * v_without + 1.5 * v_wanted - 0.7 * v_unwanted",
        ],
    },
}
