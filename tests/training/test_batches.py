"""Batches: the images of each step, in order, in as few calls as possible."""

from __future__ import annotations

from spritenet.training import batches


def test_the_last_batch_of_a_pass_has_what_remains() -> None:
    """Sizes by place."""
    assert [batches.batch_images(place, 50, 203) for place in range(6)] == [50, 50, 50, 50, 3, 50]
    assert [batches.batch_images(place, 300, 203) for place in range(2)] == [203, 203]
    assert [batches.batch_images(place, 50, 100) for place in range(3)] == [50, 50, 50]
