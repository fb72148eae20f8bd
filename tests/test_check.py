"""Checks say what is wrong in words, and pass what is right, for every kind of array."""

import numpy as np
import pytest

from generative_vision import check


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: check.shape("z", np.zeros((2, 3)), (3, 2)),
            r"z has shape \(2, 3\); expected \(3, 2\)",
        ),
        (lambda: check.shape("z", None, (3,)), "z is None: does your function return"),
        (lambda: check.shape("z", "text", (3,)), "z is a str"),
        (lambda: check.shape("z", [[1, 2], [3]], (2, 2)), "cannot be read as an array"),
        (lambda: check.dtype("z", np.zeros(2), "float32"), "z has dtype float64; expected float32"),
        (
            lambda: check.between("z", [0, 2.5], -1, 1),
            "z ranges from 0 to 2.5; expected values between -1 and 1",
        ),
        (
            lambda: check.between("z", [0, np.nan], -1, 1),
            "z has values that are NaN or infinite: 1 of 2.$",
        ),
        (lambda: check.between("z", [0, np.inf], 0, np.inf), "NaN or infinite: 1 of 2.$"),
        (
            lambda: check.close("z", [1.0, 2.0], [1.0, 3.0], "Look."),
            r"z\[1\] is 2; expected 3 \(1 of 2.*\)\. Look\.",
        ),
        (lambda: check.close("z", 2.0, 3.0), "z is 2; expected 3.$"),
        (lambda: check.close("z", 2.0, np.nan), "z is 2; expected nan.$"),
        (lambda: check.close("z", [2.0], [np.inf]), r"z\[0\] is 2; expected inf"),
        (
            lambda: check.close("f(2, 3)", [[1.0], [2.0]], [[1.0], [3.0]]),
            r"f\(2, 3\)\[1, 0\] is 2; expected 3",
        ),
        (
            lambda: check.close("the mean", [1.0, 2.0], [1.0, 3.0]),
            r"the mean: entry \[1\] is 2; expected 3",
        ),
        (lambda: check.close("z", np.inf, 3.0, "Look."), "z is inf. Look.$"),
        (lambda: check.close("z", [1.0], 1.0), r"z has shape \(1,\); expected \(\)"),
        (lambda: check.true(False, "Because."), "Because."),
    ],
)
def test_what_is_wrong(call, words):
    with pytest.raises(AssertionError, match=words):
        call()


def test_what_is_right_passes_silently(capfd):
    check.shape("z", [1, 2], (2,))
    check.dtype("z", np.zeros(2, "float32"), "float32")
    check.between("z", [-1, 1], -1, 1)
    check.between("z", [0, 5], 0, np.inf)
    check.between("z", [], 0, 1)
    check.close("z", [1.00005, 0.0], [1.0, 0.0])
    check.true(np.bool_(True), "never said")
    assert capfd.readouterr() == ("", "")


def test_tolerance_is_where_it_says():
    check.close("z", 1.009, 1.0, rtol=0.01)
    with pytest.raises(AssertionError):
        check.close("z", 1.011, 1.0, rtol=0.01)


def test_backend_tensors():
    from keras import ops

    check.close("z", ops.ones((2,)), [1.0, 1.0])
    with pytest.raises(AssertionError, match="shape"):
        check.shape("z", ops.ones((2,)), (3,))
    check.close("z", ops.cast(ops.ones((2,)), "bfloat16"), [1.0, 1.0])


def test_a_function_for_a_model_computes_with_keras_alone():
    from keras import ops

    x = np.ones((2, 3), "float32")
    check.traceable("f", lambda x, weight: ops.sum(weight * x), x, 2.0)
    check.traceable("f", lambda x, y: (ops.sin(x), y - x), x, x[:, :1])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sin(x).sum(),
        lambda x: float(x[0, 0]),
        lambda x: np.zeros(x.shape),
        lambda x: (x, 0.5),
        lambda x: 0.5,
        lambda x: None,
    ],
)
def test_what_a_model_cannot_train_with(function):
    with pytest.raises(AssertionError, match="f must compute with keras.ops from its arguments"):
        check.traceable("f", function, np.ones((2, 3), "float32"))
