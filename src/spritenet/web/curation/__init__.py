"""Pages on a data set's images, each one HTML file: findings to accept or reject, and a map.

document.py  the HTML document around a page
review.py    wrong labels, duplicates and outliers, and what to do with each
map_page.py  images as points
"""

from __future__ import annotations

from spritenet.web.curation.map_page import map_page
from spritenet.web.curation.review import review_page

__all__ = ["map_page", "review_page"]
