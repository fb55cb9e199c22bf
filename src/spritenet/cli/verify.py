"""`spritenet verify`: checks sprites byte by byte."""

from __future__ import annotations

from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json
from spritenet.formatting import plural

__all__ = ["verify"]


def verify(
    path: Annotated[
        str,
        typer.Argument(
            metavar="SPRITE", help="A sprite or a folder of sprites: its path or address."
        ),
    ],
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Number of threads.", show_default="all cores")
    ] = None,
    json: Json = False,
) -> None:
    """Check every segment of a sprite, and list damaged rows."""
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
            terminal.progress_bar("verifying", stream.count) as progress,
        ):
            wrong = [*streams.verify(stream, progress=count)]
    else:
        with terminal.progress_bar("verifying", sprites.count(path)) as progress:
            wrong = [*sprites.verify(path, workers=workers, progress=count)]
    if json:
        terminal.print_json(
            {"path": str(path), "images": seen, "wrong": [str(error) for error in wrong]}
        )
    elif not wrong:
        print(f"{path}: {plural(seen, 'image')}, all right")
    for error in wrong:
        terminal.print_error(str(error))
    if wrong:
        raise typer.Exit(2)
