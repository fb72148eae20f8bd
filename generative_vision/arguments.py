"""Arguments are validated: numbers, choices, signatures; as attributes they stay valid."""

import inspect
from collections.abc import Callable, Mapping
from math import inf

import numpy as np


def validate_numbers(
    *,
    least: float = -inf,
    above: float = -inf,
    most: float = inf,
    below: float = inf,
    whole: bool = False,
    **numbers: float,
) -> None:
    """Raise ValueError unless each of the numbers, given by its name, is finite and within limits.

    Args:
        least, most: limits that are allowed themselves.
        above, below: limits that are not.
        whole: 2 and 2.0 are allowed, 2.5 is not.
    """
    limits = {"at least": least, "above": above, "at most": most, "below": below}
    said = [f", {words} {limit:g}" for words, limit in limits.items() if abs(limit) < inf]
    for name, value in numbers.items():
        # a variable of Keras is a number here; None, text and several numbers are none
        inside = (
            hasattr(value, "__float__")
            and np.ndim(value) == 0
            and least <= value <= most
            and above < value < below
        )
        if not inside or (whole and value != int(value)):
            raise ValueError(
                f"{name}={value!r}: expected a {'whole' if whole else 'finite'} number"
                f"{''.join(said)}."
            )


def whole_number(least: int = 1, **number: float) -> int:
    """Return a number, given by its name, as int: 2.0 is 2. Raise ValueError unless it is whole."""
    validate_numbers(least=least, whole=True, **number)
    return int(*number.values())


def validate_choice(name: str, value, choices: Mapping):
    """Return the choice of that name. Raise ValueError unless there is one."""
    if value not in [*choices]:
        raise ValueError(f"{name}={value!r}: expected {' or '.join(map(repr, choices))}.")
    return choices[value]


def constructor_arguments(kind: type) -> dict:
    """Return names and defaults of a constructor's arguments, with those it passes on."""
    found: dict = {}
    for parent in kind.__mro__:
        if "__init__" in vars(parent):
            own = inspect.signature(vars(parent)["__init__"]).parameters.values()
            found = {
                p.name: p.default
                for p in own
                if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
            } | found
            if not any(p.kind == p.VAR_KEYWORD for p in own):
                break
    return {name: default for name, default in found.items() if name != "self"}


def validate_signature(name: str, function: Callable, form: str) -> Callable:
    """Return a function. Raise TypeError unless it takes what ``form`` says: ``(a, b) -> c``."""
    try:
        inspect.signature(function).bind(*form.partition(")")[0].split(","))
    except TypeError as error:
        raise TypeError(f"{name} must be a function {form}: {error}.") from error
    except ValueError:  # compiled code may have no signature
        pass
    return function


def function_or_choice(name: str, given, choices: Mapping, form: str) -> Callable:
    """Return a function of that form, or the choice of that name; the first of them for None."""
    if callable(given):
        return validate_signature(name, given, form)
    return validate_choice(name, next(iter(choices)) if given is None else given, choices)


class CheckedAttributes:
    """A mixin for Keras models that validates attributes when they are set: constructors need not.

    What training, ``evaluate`` and ``predict`` have traced is traced again with the new value.
    """

    FIXED: tuple[str, ...] = ()  #: names of attributes that others were made by
    LIMITS: Mapping[str, Mapping] = {}  #: of numbers, by name: see ``validate_numbers``

    def __setattr__(self, name, value):
        """Set a valid attribute. Raise AttributeError where that would come too late."""
        if name in self.FIXED and getattr(self, name, value) != value:
            raise AttributeError(
                f"{name} would be ignored now that the model is built: give it to the constructor."
            )
        self.validate_attribute(name, value)
        super().__setattr__(name, value)
        traced = [
            verb for verb in ("train", "test", "predict") if vars(self).get(f"{verb}_function")
        ]
        if traced and name in constructor_arguments(type(self)):
            for verb in traced:
                getattr(self, f"make_{verb}_function")(force=True)

    def validate_attribute(self, name, value):
        """Raise ValueError or TypeError unless the constructor takes that value, too."""
        if name in self.LIMITS:
            validate_numbers(**self.LIMITS[name], **{name: value})
