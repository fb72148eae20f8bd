"""For each exercise: one right answer in another style than the course's, and plausible wrong ones."""

ANSWERS = {
    "q-sample": {
        "right": """
def q_sample(x, t, noise):
    sigma = ops.sin(t * np.pi / 2)
    return ops.sqrt(ops.maximum(1 - sigma**2, 0)) * x + sigma * noise
""",
        "wrong": [
            "def q_sample(x, t, noise):\n    return (1 - t) * x + t * noise",
            "def q_sample(x, t, noise):\n    return ops.cos(np.pi / 2 * t) * x - ops.sin(np.pi / 2 * t) * noise",
            "def q_sample(x, t, noise):\n    return ops.cos(np.pi * t) * x + ops.sin(np.pi * t) * noise",
            "def q_sample(x, t, noise):\n    return ops.cos(np.pi / 2 * t) ** 2 * x + ops.sin(np.pi / 2 * t) ** 2 * noise",
            "def q_sample(x, t, noise):\n    t = t[0, 0, 0, 0]\n    return ops.cos(np.pi / 2 * t) * x + ops.sin(np.pi / 2 * t) * noise",
            "def q_sample(x, t, noise):\n    return np.cos(np.pi / 2 * t) * x + np.sin(np.pi / 2 * t) * noise",
        ],
    },
    "velocity": {
        "right": """
def to_velocity(x, t, noise):
    angle = ops.multiply(t, np.pi / 2)
    return ops.subtract(noise * ops.cos(angle), x * ops.sin(angle))


def from_velocity(x_t, v, t):
    x = to_velocity(v, t, x_t)
    return x, to_velocity(-x_t, t, v)
""",
        "wrong": [
            "def to_velocity(x, t, noise):\n    return ops.cos(np.pi / 2 * t) * x - ops.sin(np.pi / 2 * t) * noise\n\n\n"
            "def from_velocity(x_t, v, t):\n    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)\n    return a * x_t - s * v, s * x_t + a * v",
            "def to_velocity(x, t, noise):\n    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x\n\n\n"
            "def from_velocity(x_t, v, t):\n    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)\n    return a * x_t + s * v, s * x_t - a * v",
            "def to_velocity(x, t, noise):\n    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x\n\n\n"
            "def from_velocity(x_t, v, t):\n    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)\n    return s * x_t + a * v, a * x_t - s * v",
            "def to_velocity(x, t, noise):\n    return ops.cos(np.pi / 2 * t) * noise - ops.sin(np.pi / 2 * t) * x\n\n\n"
            "def from_velocity(x_t, v, t):\n    a, s = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)\n"
            "    x = a * x_t - s * v\n    return x, (x_t - a * x) / s",
            "def to_velocity(x, t, noise):\n    return noise - x\n\n\n"
            "def from_velocity(x_t, v, t):\n    return x_t - t * v, x_t + (1 - t) * v",
        ],
    },
    "ddim-step": {
        "right": """
def ddim_step(x_t, v, t, s):
    a, b = ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)
    x, noise = a * x_t - b * v, b * x_t + a * v
    return ops.cos(np.pi / 2 * s) * x + ops.sin(np.pi / 2 * s) * noise
""",
        "wrong": [
            "def ddim_step(x_t, v, t, s):\n    return x_t + (s - t) * v",
            "def ddim_step(x_t, v, t, s):\n    angle = np.pi / 2 * (t - s)\n    return ops.cos(angle) * x_t + ops.sin(angle) * v",
            "def ddim_step(x_t, v, t, s):\n    return ops.cos(np.pi / 2 * t) * x_t - ops.sin(np.pi / 2 * t) * v",
            "def ddim_step(x_t, v, t, s):\n    return x_t",
            "def ddim_step(x_t, v, t, s):\n    return x_t + np.pi / 2 * (s - t) * v",
        ],
    },
    "guide": {
        "right": """
def guide(v_without, v_with, guidance):
    return (1 - guidance) * v_without + guidance * v_with
""",
        "wrong": [
            "def guide(v_without, v_with, guidance):\n    return v_with + guidance * (v_with - v_without)",
            "def guide(v_without, v_with, guidance):\n    return guidance * v_with",
            "def guide(v_without, v_with, guidance):\n    return v_with + guidance * (v_without - v_with)",
            "def guide(v_without, v_with, guidance):\n    return v_with",
        ],
    },
    "flow-target": {
        "right": """
def flow_target(x, t, noise):
    return ops.add(ops.negative(x), noise) + 0 * t
""",
        "wrong": [
            "def flow_target(x, t, noise):\n    return x - noise",
            "def flow_target(x, t, noise):\n    return t * (noise - x)",
            "def flow_target(x, t, noise):\n    return (1 - t) * x + t * noise",
            "def flow_target(x, t, noise):\n    return noise",
        ],
    },
    "euler-step": {
        "right": """
def euler_step(x_t, v, t, s):
    return ops.subtract(x_t, ops.multiply(v, t - s))
""",
        "wrong": [
            "def euler_step(x_t, v, t, s):\n    return x_t + (t - s) * v",
            "def euler_step(x_t, v, t, s):\n    return x_t - s * v",
            "def euler_step(x_t, v, t, s):\n    return x_t - ops.abs(s - t) * v",
            "def euler_step(x_t, v, t, s):\n    return x_t + v",
        ],
    },
    "time-of": {
        "right": """
def time_of(log_snr):
    alpha_squared = 1 / (1 + np.exp(-log_snr))
    return np.arccos(np.sqrt(alpha_squared)) * 2 / np.pi
""",
        "wrong": [
            "def time_of(log_snr):\n    return 2 / np.pi * np.arctan(np.exp(log_snr / 2))",
            "def time_of(log_snr):\n    return 2 / np.pi * np.arctan(np.exp(-log_snr))",
            "def time_of(log_snr):\n    return 1 / (1 + np.exp(log_snr))",
            "def time_of(log_snr):\n    return np.arctan(np.exp(-log_snr / 2)) / np.pi",
        ],
    },
}
