"""`spritenet verify`: all that is wrong with a sprite."""

from __future__ import annotations

from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json
from spritenet.cli.counter import counting
from spritenet.formatting import plural

__all__ = ["verify"]


def verify(
    path: Annotated[
        str,
        typer.Argument(
            metavar="SPRITE", help="A sprite, or a folder of them: its path or its address."
        ),
    ],
    workers: Annotated[int | None, typer.Option(metavar="N", help="Threads; all cores.")] = None,
    json: Json = False,
) -> None:
    """Check every segment of a sprite, and name the rows that are broken."""
    from spritenet import sprites
    from spritenet.sprites.pack import check_options

    check_options(workers=workers)
    seen = 0

    def count(images: int) -> None:
        nonlocal seen
        seen += images
        if progress is not None:
            progress(images)

    progress = None
    if "://" in path:
        from spritenet import streams

        with (
            streams.open(path, cache=0, workers=workers) as stream,
            counting("verifying", stream.count) as progress,
        ):
            wrong = [*streams.verify(stream, progress=count)]
    else:
        with counting("verifying", sprites.count(path)) as progress:
            wrong = [*sprites.verify(path, workers=workers, progress=count)]
    if json:
        terminal.print_json(
            {"path": str(path), "images": seen, "wrong": [str(error) for error in wrong]}
        )
    elif not wrong:
        print(f"{path}: {plural(seen, 'image')}, all right")
    for error in wrong:
        terminal.complain(str(error))
    if wrong:
        raise typer.Exit(2)
