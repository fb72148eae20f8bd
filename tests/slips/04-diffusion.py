"""For each exercise: what is easily done wrong, and code that does it."""

SLIPS = {
    "q-sample": {
        "a straight line": """
def q_sample(x, t, noise):
    return (1 - t) * x + t * noise
""",
        "the noise is taken away": """
def q_sample(x, t, noise):
    return ops.cos(np.pi / 2 * t) * x - ops.sin(np.pi / 2 * t) * noise
""",
        "the angle is πt": """
def q_sample(x, t, noise):
    return ops.cos(np.pi * t) * x + ops.sin(np.pi * t) * noise
""",
        "α² and σ² in place of α and σ": """
def q_sample(x, t, noise):
    return ops.cos(np.pi / 2 * t) ** 2 * x + ops.sin(np.pi / 2 * t) ** 2 * noise
""",
        "image and noise exchanged": """
def q_sample(x, t, noise):
    return ops.sin(np.pi / 2 * t) * x + ops.cos(np.pi / 2 * t) * noise
""",
        "one time for all images": """
def q_sample(x, t, noise):
    t = t[0, 0, 0, 0]
    return ops.cos(np.pi / 2 * t) * x + ops.sin(np.pi / 2 * t) * noise
""",
        "NumPy": """
def q_sample(x, t, noise):
    return np.cos(np.pi / 2 * t) * x + np.sin(np.pi / 2 * t) * noise
""",
    },
    "velocity": {
        "the velocity's sign": """
def to_velocity(x, t, noise):
    return ops.sin(np.pi / 2 * t) * x - ops.cos(np.pi / 2 * t) * noise


def from_velocity(x_t, v, t):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return a * x_t - s * v, s * x_t + a * v
""",
        "α and σ exchanged": """
def to_velocity(x, t, noise):
    return ops.sin(np.pi / 2 * t) * noise - ops.cos(np.pi / 2 * t) * x


def from_velocity(x_t, v, t):
    s, a = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return a * x_t - s * v, s * x_t + a * v
""",
        "the signs of the way back": """
def to_velocity(x, t, noise):
    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x


def from_velocity(x_t, v, t):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return a * x_t + s * v, s * x_t - a * v
""",
        "the noise first": """
def to_velocity(x, t, noise):
    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x


def from_velocity(x_t, v, t):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    return s * x_t + a * v, a * x_t - s * v
""",
        "a division by σ": """
def to_velocity(x, t, noise):
    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x


def from_velocity(x_t, v, t):
    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x = a * x_t - s * v
    return x, (x_t - a * x) / s
""",
        "the velocity of a straight line": """
def to_velocity(x, t, noise):
    return noise - x


def from_velocity(x_t, v, t):
    return x_t - t * v, x_t + (1 - t) * v
""",
        "one time for all images": """
def to_velocity(x, t, noise):
    t = t[0, 0, 0, 0]
    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x


def from_velocity(x_t, v, t):
    a, s = ops.cos(np.pi / 2 * t[0]), ops.sin(np.pi / 2 * t[0])
    return a * x_t - s * v, s * x_t + a * v
""",
        "the image alone": """
def to_velocity(x, t, noise):
    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x


def from_velocity(x_t, v, t):
    return ops.cos(np.pi / 2 * t) * x_t - ops.sin(np.pi / 2 * t) * v
""",
    },
    "ddim-step": {
        "an Euler step": """
def ddim_step(x_t, v, t, s):
    return x_t + (s - t) * v
""",
        "away from the image": """
def ddim_step(x_t, v, t, s):
    angle = np.pi / 2 * (t - s)
    return ops.cos(angle) * x_t + ops.sin(angle) * v
""",
        "the guess of x, whatever s is": """
def ddim_step(x_t, v, t, s):
    return ops.cos(np.pi / 2 * t) * x_t - ops.sin(np.pi / 2 * t) * v
""",
        "mixed for the time t": """
def ddim_step(x_t, v, t, s):
    a, b = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x, noise = a * x_t - b * v, b * x_t + a * v
    return a * x + b * noise
""",
        "a straight step along the arc": """
def ddim_step(x_t, v, t, s):
    return x_t + np.pi / 2 * (s - t) * v
""",
        "one time for all images": """
def ddim_step(x_t, v, t, s):
    angle = np.pi / 2 * (t - s)[0]
    return ops.cos(angle) * x_t - ops.sin(angle) * v
""",
        "t and s exchanged": """
def ddim_step(x_t, v, t, s):
    angle = np.pi / 2 * (s - t)
    return ops.cos(angle) * x_t - ops.sin(angle) * v
""",
        "NumPy": """
def ddim_step(x_t, v, t, s):
    angle = np.pi / 2 * (t - s)
    return np.cos(angle) * x_t - np.sin(angle) * v
""",
    },
    "guide": {
        "guidance counted from the velocity with words": """
def guide(v_without, v_with, guidance):
    return v_with + guidance * (v_with - v_without)
""",
        "only the velocity with words": """
def guide(v_without, v_with, guidance):
    return guidance * v_with
""",
        "the difference the wrong way round": """
def guide(v_without, v_with, guidance):
    return v_without + guidance * (v_without - v_with)
""",
        "the guidance is forgotten": """
def guide(v_without, v_with, guidance):
    return v_with
""",
        "one guidance for all": """
def guide(v_without, v_with, guidance):
    return v_without + guidance[0] * (v_with - v_without)
""",
        "with and without exchanged": """
def guide(v_without, v_with, guidance):
    return v_with + guidance * (v_without - v_with)
""",
    },
    "flow-target": {
        "from noise to data": """
def flow_target(x, t, noise):
    return x - noise
""",
        "the place, not the velocity": """
def flow_target(x, t, noise):
    return (1 - t) * x + t * noise
""",
        "the distance still to go": """
def flow_target(x, t, noise):
    return t * (noise - x)
""",
        "the noise": """
def flow_target(x, t, noise):
    return noise
""",
        "the cosine schedule's velocity": """
def flow_target(x, t, noise):
    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x
""",
    },
    "euler-step": {
        "t − s in place of s − t": """
def euler_step(x_t, v, t, s):
    return x_t + (t - s) * v
""",
        "the whole way from 0": """
def euler_step(x_t, v, t, s):
    return x_t - s * v
""",
        "always backwards": """
def euler_step(x_t, v, t, s):
    return x_t - ops.abs(s - t) * v
""",
        "no time": """
def euler_step(x_t, v, t, s):
    return x_t + v
""",
        "one time for all": """
def euler_step(x_t, v, t, s):
    return x_t + (s - t)[0] * v
""",
        "t in place of t − s": """
def euler_step(x_t, v, t, s):
    return x_t - t * v
""",
    },
    "time-of": {
        "the sign": """
def time_of(log_snr):
    return 2 / np.pi * np.arctan(np.exp(log_snr / 2))
""",
        "no root": """
def time_of(log_snr):
    return 2 / np.pi * np.arctan(np.exp(-log_snr))
""",
        "σ², not the time": """
def time_of(log_snr):
    return 1 / (1 + np.exp(log_snr))
""",
        "the angle in place of the time": """
def time_of(log_snr):
    return np.arctan(np.exp(-log_snr / 2))
""",
        "half the time": """
def time_of(log_snr):
    return np.arctan(np.exp(-log_snr / 2)) / np.pi
""",
        "a logarithm to base 10": """
def time_of(log_snr):
    return 2 / np.pi * np.arctan(10 ** (-log_snr / 2))
""",
    },
}
