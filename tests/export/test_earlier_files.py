"""Model files of earlier versions, kept in `tests/export/earlier`, are read as they were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn

EARLIER = Path(__file__).parent / "earlier"
"""A calibrated model whose keys are `doubt` and `watcher`, and its answers about 102 images."""


def _entry(folder: Path) -> dict[str, object]:
    content = json.loads((folder / "model.json").read_text())
    entry: dict[str, object] = content["userDefinedMetadata"]["spritenet"]
    return entry


def test_the_calibration_of_an_earlier_file_is_read() -> None:
    """Labels, probabilities, scores and rejections are those that its version computed."""
    assert "rejection" not in _entry(EARLIER)
    expected = np.load(EARLIER / "expected.npz")
    model = sn.load_model(EARLIER)
    assert model.calibrated
    answers = model.classify(expected["pixels"])
    np.testing.assert_array_equal(answers.label, expected["label"])
    np.testing.assert_array_equal(answers.sure, expected["sure"])
    np.testing.assert_allclose(answers.probabilities, expected["probabilities"], atol=1e-6)
    np.testing.assert_allclose(answers.score, expected["score"], atol=1e-6)
    assert 0 < answers.sure.sum() < len(answers.sure)


def test_an_earlier_file_is_saved_under_the_new_keys(tmp_path: Path) -> None:
    """The same values, as `rejection` with a `detector`."""
    old = _entry(EARLIER)["doubt"]
    sn.load_model(EARLIER).save(tmp_path / "model")
    new = _entry(tmp_path / "model")
    assert isinstance(old, dict)
    assert "doubt" not in new
    assert new["rejection"] == {
        "detector" if key == "watcher" else key: value for key, value in old.items()
    }


def test_an_error_names_the_key_in_the_file(tmp_path: Path) -> None:
    """A damaged detector of an earlier file is refused by its earlier names."""
    content = json.loads((EARLIER / "model.json").read_text())
    content["userDefinedMetadata"]["spritenet"]["doubt"]["watcher"]["bias"] = "AAAA"
    (tmp_path / "model.json").write_text(json.dumps(content))
    (tmp_path / "weights.bin").write_bytes((EARLIER / "weights.bin").read_bytes())
    with pytest.raises(sn.ModelError, match=r"doubt\.watcher\.bias.*entry `doubt`"):
        sn.load_model(tmp_path)
