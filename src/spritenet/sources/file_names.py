"""File names: hidden files, image files, and image formats that are unsupported."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = [
    "IMAGE_SUFFIXES",
    "can_read_heic",
    "is_hidden",
    "is_image_file",
    "unsupported_format",
    "unsupported_notes",
]

IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".j2k", ".ico"),
)
"""Suffixes of image files."""

LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx", "lost+found", "$recycle.bin"})
"""Files that operating systems leave in folders."""

HEIC = (".heic", ".heif", ".hif")
"""Suffixes of iPhones' photographs, which pillow-heif reads."""

FEW = 5

UNSUPPORTED = {
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
"""Unsupported formats by suffix."""


def is_hidden(name: str) -> bool:
    """True for hidden files and folders and those of the operating system."""
    return name.startswith(".") or name.casefold() in LITTER


def is_image_file(name: str) -> bool:
    """True if a file's suffix is that of an image format that can be read."""
    lower = name.lower()
    return lower.endswith(IMAGE_SUFFIXES) or (lower.endswith(HEIC) and can_read_heic())


@cache
def can_read_heic() -> bool:
    """Registers pillow-heif with Pillow, if it is installed, and returns whether it is."""
    from importlib import import_module

    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True


def unsupported_format(name: str) -> str | None:
    """Returns the unsupported image format of a file by its suffix; None for other files."""
    found = UNSUPPORTED.get("." + name.lower().rpartition(".")[2])
    return None if found == "HEIC" and can_read_heic() else found


def unsupported_notes(names: Iterable[str]) -> tuple[str, ...]:
    """Returns a note for each unsupported format, with its files and what to do.

    >>> unsupported_notes(["cat/1.svg", "cat/2.svg", "a.txt"])
    ('SVG images are unsupported and were skipped: cat/1.svg, cat/2.svg; save them as PNG',)

    Args:
        names: the names of files; other files are ignored.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        kind = unsupported_format(name)
        if kind is not None:
            found.setdefault(kind, []).append(name)
    notes = []
    for kind, files in found.items():
        more = len(files) - FEW
        few = ", ".join(files[:FEW]) + (f" and {more:,} more" if more > 0 else "")
        if kind == "HEIC":
            notes.append(
                f"HEIC images need pillow-heif and were skipped: {few}; "
                "type: pip install pillow-heif"
            )
        else:
            notes.append(f"{kind} images are unsupported and were skipped: {few}; save them as PNG")
    return tuple(notes)
