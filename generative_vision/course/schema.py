"""TOML files read into pydantic models; whatever is wrong in a file becomes one sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generative_vision.course import CourseError

AnyTable = TypeVar("AnyTable", bound="Table")
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Texts = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]  # TOML gives a list

#: what to write instead, by pydantic's name of the error, in TOML's words instead of Python's
_EXPECTED = {
    "bool_type": "expected true or false",
    "greater_than_equal": "expected {ge} or more",
    "int_type": "expected a whole number",
    "literal_error": "expected {expected}",
    "model_type": "expected a table",
    "string_too_short": "expected a text that is not empty",
    "string_type": "expected a text in quotes",
    "too_long": "expected {max_length} at most, found {actual_length}",
    "too_short": "expected at least {min_length}, found {actual_length}",
    "tuple_type": "expected a list",
    "value_error": "{error}",
}


class Table(BaseModel):
    """A TOML table: immutable, without unknown keys, and no value converted to another type."""

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: Any) -> Any:
        unknown = sorted(values.keys() - cls.model_fields) if isinstance(values, dict) else []
        if unknown:
            known = ", ".join(cls.model_fields)
            raise ValueError(f"unknown key {unknown[0]!r}; the known ones are {known}")
        return values


def read_toml(path: Path, model: type[AnyTable], purpose: str) -> AnyTable:
    """Return a TOML file as an instance of ``model``.

    Args:
        purpose: what the file is for, as the sentence about a missing file ends.

    Raises:
        CourseError: the file is missing, is not TOML, or does not fit the model; the sentence
            names file, table, key and what is expected there.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: {purpose}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read as TOML: {error}.") from None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise CourseError(f"{path}, {_sentence(raw, error)}") from None


def _sentence(raw: dict[str, Any], error: ValidationError) -> str:
    """Return place, key and remedy of the first problem that pydantic found."""
    problem = error.errors(include_url=False)[0]
    expected = _EXPECTED.get(problem["type"], problem["msg"]).format(**problem.get("ctx", {}))
    place, key = _locate(raw, problem["loc"])
    if problem["type"] == "missing":
        return f"{place}: the key {key!r} is missing."
    if not key:
        return f"{place}: {expected}."
    given = f" = {problem['input']!r}" if isinstance(problem["input"], str | int | float) else ""
    return f"{place}: {key}{given}: {expected}."


def _locate(raw: dict[str, Any], location: tuple[str | int, ...]) -> tuple[str, str]:
    """Return in words the table that a location is in, and the rest of the location: the key."""
    tables: list[str] = []
    names: list[str] = []  # of the tables around, as in [[question.choice]]
    key = ""
    value: Any = raw
    for step in location:
        value = value.get(step) if isinstance(step, str) else value[step]
        key += step if isinstance(step, str) else f"[{step + 1}]"
        if isinstance(value, dict):
            names.append(key.split("[")[0])
            table = ".".join(names)
            number = f"[[{table}]] number {step + 1}" if isinstance(step, int) else f"[{table}]"
            name = value.get("slug", value.get("id", ""))
            tables.append(f"{number} ({name})" if name else number)
            key = ""
    return ", ".join(tables) or "the top level", key
