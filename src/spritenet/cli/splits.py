"""What `--split` says: which splits to keep, and what part to set aside as a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import InputError

__all__ = ["split"]

SET_ASIDE = re.compile(r"([^=]+)=(\d+(?:\.\d+)?)(%?)")


def split(listing: LazyDataset, wanted: Sequence[str], seed: int = 0) -> LazyDataset:
    """A listing with other splits.

    Args:
        listing: of all images.
        wanted: "train" keeps this split, and none but those so named; "test=10%" sets a tenth of
            every class of `train` aside, "test=1000" a thousand images. Where some are only named,
            those and the ones set aside are all that is kept.
        seed: decides which images.

    Raises:
        InputError: it can't be understood, or can't be done.
    """
    names = [text for text in wanted if "=" not in text]
    has = {name for name, _, _ in listing.splits}
    aside = [text.partition("=")[0].strip() for text in wanted if "=" in text]
    if names:
        source = {"train"} & has if aside else set()  # of what is set aside
        listing = listing.select([*names, *source])
    for text in wanted:
        if "=" not in text:
            continue
        match = SET_ASIDE.fullmatch(text.strip())
        if match is None or ("." in match[2] and not match[3] and float(match[2]) >= 1):
            raise InputError(
                "this is no split",
                where="--split",
                expected="a split's name, or test=10%, or test=1000",
                got=text,
            )
        number = float(match[2])
        share = number / 100 if match[3] else number if number < 1 else int(match[2])
        listing = listing.hold_out(match[1].strip(), share, seed)
    return listing.select([*names, *aside]) if names else listing
