"""The command for who publishes a model: ``card``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generative_vision.course import CourseError
from generative_vision.course.cli.terminal import shown
from generative_vision.files import write_atomically

DATA = "fashion-mnist"


def card(
    model: Annotated[
        str, typer.Argument(help=f"A model that ships, such as gan; {DATA} for the data's card.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="The file; by default MODEL-card.md, here.")
    ] = None,
    images: Annotated[int, typer.Option(min=100, max=60_000, help="How many to measure.")] = 2000,
    audit: Annotated[
        bool, typer.Option(help="Whether to look for copies of training images: a minute.")
    ] = True,
    licence: Annotated[str, typer.Option(help="Of the model, such as mit.")] = "",
    intended_use: Annotated[str, typer.Option(help="What the model was made for.")] = "",
    out_of_scope: Annotated[str, typer.Option(help="What it must not be used for.")] = "",
    marking: Annotated[str, typer.Option(help="How its images can be recognised.")] = "",
    contact: Annotated[str, typer.Option(help="Where harm can be reported.")] = "",
) -> None:
    """Measure MODEL, write its card in Hugging Face's form, and say what a release still lacks."""
    from generative_vision import cards, runtime

    path = output or Path(f"{model}-card.md")
    if model == DATA:
        text, found = cards.data_card(), ""
    else:
        said = cards.Statement(
            licence=licence,
            intended_use=intended_use,
            out_of_scope=out_of_scope,
            marking=marking,
            contact=contact,
        )
        runtime.setup()
        try:
            facts = cards.measure_shipped(model, n=images, audited=audit, statement=said)
        except ValueError as error:
            raise CourseError(str(error)) from error
        text, found = cards.model_card(facts), f"{cards.checklist(facts)}\n"
    try:
        write_atomically(path.absolute(), text)
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error}") from error
    typer.echo(f"{found}Written: {shown(path.absolute())}")
