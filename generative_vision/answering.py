"""What a kernel does while a submission is marked: call the student's functions, send plain data.

A check's hidden cell draws inputs; they arrive here as JSON, the functions are called on them, and
the results leave as JSON. Whether they are right is judged elsewhere, in a process that runs no
student code. Nothing here is secret, and nothing that comes back is trusted: ``decode`` builds
nothing but numbers, texts, lists and arrays.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from generative_vision.runtime import limit_memory

CONTENT_TYPE = "application/vnd.generative-vision.answers+json"
MAX_NUMBERS = 4_000_000  # in one array
MAX_DEPTH = 8  # of lists in lists
MAX_INTEGER = 2**64
MAX_USED = 10  # names of the package's functions that an answer calls
_PACKAGE = __name__.partition(".")[0]
_FOLDER = str(Path(__file__).parent) + os.sep  # the package's
_KINDS = "biuf"  # of an array's elements: booleans, whole numbers, floating-point numbers


@dataclass(frozen=True)
class Recipe:
    """A value that is built in the kernel, because it is not plain data: a name of ``RECIPES``."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One call of a student's function.

    Attributes:
        function: its name in the notebook.
        args: plain data and recipes.
        traced: whether it must also work inside a model, where only ``keras.ops`` computes.
        memory: how many bytes it may hold at a time; any number if this is None.
        slopes: places of arguments. If there are any, the derivatives with respect to these are
            the result.
    """

    function: str
    args: tuple[Any, ...]
    traced: bool = False
    memory: int | None = None
    slopes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A call that did not return plain data, and why."""

    reason: str


def encode(value: Any, depth: int = 0) -> Any:
    """Return plain data as something that ``json`` can write.

    Raises:
        TypeError: the value is neither a number, a text, an array, nor a list or tuple of these.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return {"plain": value}
    if isinstance(value, list | tuple) and depth < MAX_DEPTH:
        return {type(value).__name__: [encode(item, depth + 1) for item in value]}
    if isinstance(value, Recipe):
        values = {name: encode(item, depth + 1) for name, item in value.values.items()}
        return {"recipe": value.name, "values": values}
    array = _as_array(value)
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"it returns a {type(value).__name__}; expected numbers or an array")
    if array.size > MAX_NUMBERS:
        raise TypeError(f"it returns {array.size:,} numbers; {MAX_NUMBERS:,} at most")
    array = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    data = base64.b64encode(array.tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


def decode(encoded: Any, recipes: Mapping[str, Callable] | None = None, depth: int = 0) -> Any:
    """Return the plain data that ``encode`` wrote.

    Args:
        recipes: how recipes are built; without it they are refused.

    Raises:
        ValueError: the data does not have the form, or is too large.
    """
    match encoded:
        case {"plain": None | bool() | int() | float() | str() as value, **rest} if not rest:
            if isinstance(value, int) and abs(value) > MAX_INTEGER:
                raise ValueError("not a whole number of at most 64 bits")
            return value
        case {"list": list(items), **rest} if not rest and depth < MAX_DEPTH:
            return [decode(item, recipes, depth + 1) for item in items]
        case {"tuple": list(items), **rest} if not rest and depth < MAX_DEPTH:
            return tuple(decode(item, recipes, depth + 1) for item in items)
        case {"dtype": str(dtype), "shape": list(shape), "data": str(data)}:
            return _decode_array(dtype, shape, data)
        case {"recipe": str(name), "values": dict(values)} if recipes and name in recipes:
            built = {key: decode(item, recipes, depth + 1) for key, item in values.items()}
            return recipes[name](**built)
    raise ValueError("not plain data")


def answer(request: str, namespace: Mapping[str, Any]) -> None:
    """Call functions as a request says, and display the results as plain data.

    Args:
        request: written by ``write_request``.
        namespace: the notebook's names.
    """
    from IPython.display import display

    display({CONTENT_TYPE: json.dumps(reply(request, namespace))}, raw=True)


def reply(request: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the encoded results of the calls of a request, by their names."""
    return {name: _answer(call, namespace) for name, call in json.loads(request).items()}


def write_request(calls: Mapping[str, Call]) -> str:
    """Return calls as JSON, for ``answer``."""
    request = {
        name: vars(call) | {"args": [encode(value) for value in call.args]}
        for name, call in calls.items()
    }
    return json.dumps(request)


def read_answers(text: str, calls: Iterable[str]) -> dict[str, Any]:
    """Return the result of each call, or a ``Failure``, from what ``answer`` displayed.

    Nothing in the text is trusted: what has not the right form is a failure.
    """
    try:
        answers = json.loads(text)
    except (ValueError, RecursionError):
        answers = None
    if not isinstance(answers, dict):
        answers = {}
    return {name: _read_answer(answers.get(name)) for name in calls}


def read_used(text: str) -> list[str]:
    """Return which of this package's functions the calls ran, from what ``answer`` displayed.

    The kernel says so, and may lie: it is for the instructor's eye.
    """
    try:
        answers = json.loads(text)
        found = [name for one in answers.values() for name in one.get("used", [])]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return []
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))[:MAX_USED]


def _answer(call: dict, namespace: Mapping[str, Any]) -> dict:
    name = call["function"]
    try:
        function = namespace[name]
        args = [decode(value, RECIPES) for value in call["args"]]
        with limit_memory(call["memory"]):
            value, encoded, used = _watch(function, args)
        for before, after in zip(call["args"], args, strict=True):
            if "recipe" not in before and encode(after) != before:
                return {"failure": "it changes what it was given: leave the arguments as they are"}
        if call["traced"]:
            from generative_vision.models.tracing import validate_call

            last = value[-1] if isinstance(value, tuple | list) else value
            validate_call(name, function, args, _as_array(last).shape)
        if call["slopes"]:
            from generative_vision.models.tracing import slopes

            encoded = encode(slopes(function, args, call["slopes"]))
        return {"value": encoded, "used": used}
    except KeyboardInterrupt:  # out of time
        raise
    except NotImplementedError:
        return {"failure": "it is not written yet"}
    except BaseException as error:  # SystemExit too: a student's exit() ends no other call
        if name not in namespace:
            return {"failure": f"there is no function {name} in the notebook"}
        return {"failure": f"{type(error).__name__}: {error}"[:1000]}


def _watch(function: Callable, args: list) -> tuple[Any, Any, list[str]]:
    """Call a function; return its result, that encoded, and which of this package's it calls.

    Methods of what the function was given do not count, nor what the package calls. A result may
    compute what it holds only when it is read, and TensorFlow runs without Python what was traced.
    """
    used: dict[str, None] = {}

    def note(frame: FrameType, event: str, called: Any) -> None:
        code, caller = frame.f_code, frame.f_back
        if event == "c_call" and called is sys.setprofile:
            used["sys.setprofile"] = None
        if event != "call" or not _is_ours(frame) or (caller and _is_ours(caller)):
            return
        methods = (getattr(type(value), code.co_name, None) for value in args)
        if not any(getattr(method, "__code__", None) is code for method in methods):
            name = code.co_qualname.rpartition("<locals>.")[2]
            used[name.removeprefix("tf__")] = None

    before, tensorflow = sys.getprofile(), sys.modules.get("tensorflow")
    if tensorflow is not None:
        tensorflow.config.run_functions_eagerly(True)
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        value = function(*args)
        encoded = encode(value)
        if sys.getprofile() is not note:
            used["sys.setprofile"] = None
        return value, encoded, list(used)
    finally:
        sys.setprofile(before)
        threading.setprofile(before)
        if tensorflow is not None:
            tensorflow.config.run_functions_eagerly(False)


def _is_ours(frame: FrameType) -> bool:
    """Whether a function belongs to this package, and not to this module."""
    file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    if frame.f_code.co_name == "inner_factory":  # TensorFlow's: it makes a copy named tf__…
        return False
    is_in_folder = file.startswith(_FOLDER) and file != __file__
    return is_in_folder or (module.partition(".")[0] == _PACKAGE and module != __name__)


def _read_answer(found: Any) -> Any:
    match found:
        case {"value": encoded}:
            try:
                return decode(encoded)
            except (ValueError, RecursionError) as error:
                return Failure(f"its result cannot be read: {error}")
        case {"failure": str(reason)}:
            return Failure(reason[:1000])
    return Failure("it gave no answer")


def _as_array(value: Any) -> np.ndarray:
    """Return an array or a backend's tensor as a NumPy array of a type that NumPy knows."""
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def _decode_array(dtype: str, shape: list, data: str) -> np.ndarray:
    if not all(type(size) is int and 0 <= size <= MAX_NUMBERS for size in shape) or len(shape) > 8:
        raise ValueError("not a shape")
    kinds = [np.dtype(code).str for code in "?bBhHiIlLqQefd"]
    if dtype not in kinds:
        raise ValueError("not a type of numbers")
    count, work = 1, 1  # numbers, and what handling an array without any may cost all the same
    for size in shape:
        count, work = count * size, work * max(size, 1)
    raw = base64.b64decode(data, validate=True)
    if work > MAX_NUMBERS or len(raw) != count * np.dtype(dtype).itemsize:
        raise ValueError("not as many numbers as the shape says")
    return np.frombuffer(raw, dtype).reshape(shape).copy()


def _tensor(array: np.ndarray) -> Any:
    from keras import ops

    return ops.convert_to_tensor(array)


def _real_images(images: np.ndarray, size: int, seed: int) -> Any:
    from generative_vision.loops import RealImages

    return RealImages(images, size, seed=seed)


RECIPES: dict[str, Callable] = {
    "linear": lambda slope, drift: lambda x, t=0: x * slope + t * drift,
    "square": lambda slope, drift: lambda x, t=0: x**2 * slope + t**2 * drift,
    "rng": np.random.default_rng,
    "tensor": _tensor,
    "real_images": _real_images,
}
