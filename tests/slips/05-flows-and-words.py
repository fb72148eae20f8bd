"""For each exercise: what is easily done wrong, and code that does it."""

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

SLIPS = {
    "flow-line": {
        "straight from start to end": """
def flow_line(noise, t, mean, std):
    return (1 - t) * (mean + std * noise) + t * noise
""",
        "the variance in place of the deviation": """
def flow_line(noise, t, mean, std):
    return (1 - t) * mean + (((1 - t) * std) ** 2 + t**2) * noise
""",
        "the noise alone spreads": """
def flow_line(noise, t, mean, std):
    return (1 - t) * mean + t * noise
""",
        "the mean forgotten": """
def flow_line(noise, t, mean, std):
    return np.sqrt(((1 - t) * std) ** 2 + t**2) * noise
""",
        "time the wrong way round": """
def flow_line(noise, t, mean, std):
    return t * mean + np.sqrt((t * std) ** 2 + (1 - t) ** 2) * noise
""",
    },
    "pair-loss": {
        "time the wrong way round": """
def pair_loss(network, x, noise, t):
    x_t = t * x + (1 - t) * noise
    return ops.mean(ops.square(network(x_t, t) - (noise - x)), axis=-1)
"""
        + TOY,
        "other noise in the velocity": """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    wanted = ops.roll(noise, 1, axis=0) - x
    return ops.mean(ops.square(network(x_t, t) - wanted), axis=-1)
"""
        + TOY,
        "averaged before it is squared": """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return ops.square(ops.mean(network(x_t, t) - (noise - x), axis=-1))
"""
        + TOY,
        "from noise to data": """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return ops.mean(ops.square(network(x_t, t) - (x - noise)), axis=-1)
"""
        + TOY,
        "averaged over the pairs, too": """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return ops.mean(ops.square(network(x_t, t) - (noise - x)))
"""
        + TOY,
        "a sum over numbers": """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return ops.sum(ops.square(network(x_t, t) - (noise - x)), axis=-1)
"""
        + TOY,
        "NumPy": """
def pair_loss(network, x, noise, t):
    x_t = (1 - t) * x + t * noise
    return np.mean((network(x_t, t) - (noise - x)) ** 2, axis=-1)
"""
        + TOY,
    },
    "midpoint": {
        "Heun": """
def midpoint(velocity, x, t, s, rng):
    v = velocity(x, t)
    return x + (s - t) * (v + velocity(x + (s - t) * v, s)) / 2
"""
        + FIELD,
        "Euler": """
def midpoint(velocity, x, t, s, rng):
    return x + (s - t) * velocity(x, t)
"""
        + FIELD,
        "two half steps": """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (s - t) / 2 * velocity(x, t)
    return half_way + (s - t) / 2 * velocity(half_way, (t + s) / 2)
"""
        + FIELD,
        "a whole step from half-way": """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (s - t) / 2 * velocity(x, t)
    return half_way + (s - t) * velocity(half_way, (t + s) / 2)
"""
        + FIELD,
        "the time of the start": """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (s - t) / 2 * velocity(x, t)
    return x + (s - t) * velocity(half_way, t)
"""
        + FIELD,
        "t − s in place of s − t": """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (t - s) / 2 * velocity(x, t)
    return x + (t - s) * velocity(half_way, (t + s) / 2)
"""
        + FIELD,
        "half the time in place of the time half-way": """
def midpoint(velocity, x, t, s, rng):
    half_way = x + (s - t) / 2 * velocity(x, t)
    return x + (s - t) * velocity(half_way, (t - s) / 2)
"""
        + FIELD,
    },
    "bend": {
        "lengths in place of squares": """
def bend(path):
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=-1).sum(axis=0)
    return (lengths / np.linalg.norm(path[-1] - path[0], axis=-1)).mean() - 1
""",
        "each point divided by itself": """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    way = path[-1] - path[0]
    ratios = (speeds**2).sum(axis=-1).mean(axis=0) / (way**2).sum(axis=-1)
    return ratios.mean() - 1
""",
        "not divided": """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    return ((speeds - (path[-1] - path[0])) ** 2).mean()
""",
        "a root": """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    way = path[-1] - path[0]
    return np.sqrt((speeds**2).mean() / (way**2).mean()) - 1
""",
        "one missing": """
def bend(path):
    speeds = np.diff(path, axis=0) * (len(path) - 1)
    return (speeds**2).mean() / ((path[-1] - path[0]) ** 2).mean()
""",
        "steps in place of velocities": """
def bend(path):
    return (np.diff(path, axis=0) ** 2).mean() / ((path[-1] - path[0]) ** 2).mean() - 1
""",
    },
    "steer": {
        "towards both": """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_without + g * (v_wanted - v_without) + h * (v_unwanted - v_without)
""",
        "the whole velocity taken away": """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_without + g * (v_wanted - v_without) - h * v_unwanted
""",
        "counted from the wanted words": """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_without + g * (v_wanted - v_without) - h * (v_unwanted - v_wanted)
""",
        "the unwanted in place of nothing": """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_unwanted + g * (v_wanted - v_unwanted)
""",
        "guidance counted from the words": """
def steer(v_without, v_wanted, v_unwanted, g, h):
    return v_wanted + g * (v_wanted - v_without) - h * (v_unwanted - v_without)
""",
    },
}
