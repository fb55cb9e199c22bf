"""Augmentation by words, by amounts and by layers: what each means, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
from spritenet.augmentation import PRESETS, Augment, Step, augmented, find_steps, flips
from spritenet.augmentation.words import NAMES
from spritenet.errors import ModelError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 12, 10, 1), dtype=np.uint8)


def operators(given: Augment) -> list[str]:
    """The operators of an augmentation."""
    return [step.operator for step in find_steps(given)]


def test_nothing_is_done_unless_asked() -> None:
    """None, "none" and amounts of 0 have no steps, and give a copy."""
    nothing: list[Augment] = [None, "none", "", {}, {"rotation": 0}, []]
    for given in nothing:
        assert find_steps(given) == ()
    np.testing.assert_array_equal(augmented(IMAGES, ()), IMAGES)


def test_words_amounts_and_layers_mean_the_same() -> None:
    """Degrees become turns; a preset may be followed by amounts that replace its own."""
    expected = (Step("RandomRotation", {"factor": (10 / 360,)}),)
    assert find_steps("rotation=10") == find_steps({"rotation": 10}) == expected
    (layer,) = find_steps([sn.RandomRotation(10 / 360)])
    assert layer.attributes["factor"] == expected[0].attributes["factor"]
    assert find_steps("rotation=-5:10") == find_steps({"rotation": (-5, 10)})
    same = find_steps(sn.RandomRotation(10 / 360)), (layer,)
    assert same[0] == same[1]
    names = operators("digits, flip=horizontal, rotation=0, mixup=0.2")
    assert names == ["RandomFlip", "RandomTranslation", "RandomZoom", "RandomShear", "MixUp"]
    assert find_steps(None, mixup=0.2, cutmix=1.0) == find_steps("cutmix=1,mixup=0.2")


def test_digits_are_never_flipped_nor_turned_far() -> None:
    """Flipped they would be others. Photos are flipped sideways alone."""
    assert not flips(find_steps("digits"))
    assert 0 < float(PRESETS["digits"]["rotation"]) <= 10  # type: ignore[arg-type]  # a number there
    (flip,) = [step for step in find_steps("photos") if step.operator == "RandomFlip"]
    assert flip.attributes == {"mode": "horizontal"}


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_work(preset: str) -> None:
    """On images of one channel and of three."""
    for channels in (1, 3):
        images = np.repeat(IMAGES, channels, axis=-1)
        assert augmented(images, find_steps(preset)).shape == images.shape


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("dgits", "unknown augmentation: expected none, digits, photos, or NAME=VALUE"),
        ("spin=3", "unknown augmentation"),
        ({"spin": 3}, "unknown augmentation"),
        ("rotation=fast", "invalid rotation"),
        ("rotation=200", "invalid rotation: expected 0 to 180"),
        ("rotation=10:-10", "rotation is upside down"),
        ("translation=2", "invalid translation"),
        ("flip=sideways", "unknown flip"),
        ("fill=black,rotation=1", "unknown fill"),
        ("mixup=-1", "invalid mixup"),
        ("cutmix=2", "invalid cutmix"),
        ([sn.Dense(3)], "not an augmentation"),
        ("3", "unknown augmentation"),
        ([sn.RandomCrop(3, 3)], "RandomCrop changes the size of images"),
        ("zoom=-1:0", "augment: nothing is left of an image"),
        ("zoom=1", "expected a zoom below 1, or two numbers above -1, got 1.0"),
        ("translation=1:1,fill=constant", "nothing is left of an image"),
    ],
)
def test_wrong_ones_are_refused_in_a_line(given: Augment, words: str) -> None:
    """Unknown names, ranges upside down, and what leaves no image."""
    with pytest.raises(ModelError, match=words) as refusal:
        augmented(IMAGES, find_steps(given))
    assert "\n" not in str(refusal.value)


def test_an_amount_given_twice_is_refused() -> None:
    """As a word and as an argument."""
    with pytest.raises(ModelError, match="mixup is given twice"):
        find_steps("mixup=0.1", mixup=0.2)


def test_every_name_does_something() -> None:
    """Each changes images, or mixes them."""
    values = {"flip": "both", "fill": "wrap", "rotation": 30}
    for name in NAMES:
        steps = find_steps({name: values.get(name, 0.5), "translation": 0.3})
        if name in {"mixup", "cutmix"}:
            assert len(steps) == 2
        else:
            assert (augmented(IMAGES, steps) != IMAGES).any()
