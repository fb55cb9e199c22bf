"""Widget: what every widget has; the one door to anywidget."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.core.png import encode_png
from spritenet.errors import MissingExtraError

try:
    import anywidget
except ImportError as error:
    raise MissingExtraError("a notebook widget", "widget") from error

__all__ = ["Widget", "png_address", "script"]

STATIC = Path(__file__).parent / "static"
VIEW = "application/vnd.jupyter.widget-view+json"


class Widget(anywidget.AnyWidget):  # type: ignore[misc]  # mypy skips anywidget
    """A widget that is also HTML, for notebooks that are read where nothing runs."""

    def html(self) -> str:
        """Returns the widget's content without interaction."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Adds HTML to what anywidget shows: a front end takes the richest that it knows."""
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/html": self.html()}, metadata


def script(name: str) -> str:
    """Returns the JavaScript module of a widget."""
    return (STATIC / name).read_text(encoding="utf-8")


def png_address(image: NDArray[np.uint8]) -> str:
    """Returns an image h w c of 1, 3 or 4 channels as a data URL."""
    return "data:image/png;base64," + base64.b64encode(encode_png(image)).decode()
