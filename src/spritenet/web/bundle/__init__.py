"""A model and its pages in one HTML file, made without a bundler.

    one_file.py     the file: policy, styles, pages, program, and what they would fetch
    page_source.py  a page's index.html, taken apart
    modules.py      ES modules as one program
    javascript.py   tokens of JavaScript

It knows our own pages and modules, and refuses what it doesn't know.
"""

from __future__ import annotations

from spritenet.web.bundle.one_file import Parts, one_file

__all__ = ["Parts", "one_file"]
