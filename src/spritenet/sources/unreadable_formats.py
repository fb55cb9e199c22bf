"""Image formats that can't be read, by their names' endings, so that their files are named."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = ["HEIC", "format_of", "reads_heic", "unreadable_notes"]

HEIC = (".heic", ".heif", ".hif")
"""Of iPhones' photographs; pillow-heif reads them."""

FEW = 5

FORMATS = {
    **dict.fromkeys(HEIC, "HEIC"),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf"), "camera raw"),
    **dict.fromkeys((".dcm", ".dicom"), "DICOM"),
    **dict.fromkeys((".svg", ".svgz"), "SVG"),
    **dict.fromkeys((".eps", ".ai"), "PostScript"),
    **dict.fromkeys((".exr", ".hdr"), "HDR"),
    ".jxl": "JPEG XL",
    ".psd": "Photoshop",
    ".xcf": "GIMP",
    ".tga": "TGA",
    ".pcx": "PCX",
    ".dds": "DDS",
    ".nii": "NIfTI",
}
"""By the ending of a name."""


@cache
def reads_heic() -> bool:
    """Registers pillow-heif with Pillow, if it is installed, and returns whether it is."""
    from importlib import import_module

    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True


def format_of(name: str) -> str | None:
    """The format of a file that can't be read, by its name; None for any other."""
    found = FORMATS.get("." + name.lower().rpartition(".")[2])
    return None if found == "HEIC" and reads_heic() else found


def unreadable_notes(names: Iterable[str]) -> tuple[str, ...]:
    """A line for each format that can't be read, with its files and what to do.

    >>> unreadable_notes(["cat/1.svg", "cat/2.svg", "a.txt"])
    ('SVG images are unsupported and were passed over: cat/1.svg, cat/2.svg; save them as PNG',)

    Args:
        names: of files, of which others are left out.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        kind = format_of(name)
        if kind is not None:
            found.setdefault(kind, []).append(name)
    notes = []
    for kind, files in found.items():
        more = len(files) - FEW
        few = ", ".join(files[:FEW]) + (f" and {more:,} more" if more > 0 else "")
        if kind == "HEIC":
            notes.append(
                f"HEIC images need pillow-heif and were passed over: {few}; "
                "type: pip install pillow-heif"
            )
        else:
            notes.append(
                f"{kind} images are unsupported and were passed over: {few}; save them as PNG"
            )
    return tuple(notes)
