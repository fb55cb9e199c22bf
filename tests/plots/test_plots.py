"""Figures hold the data they were given, say what their axes measure, and clip nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from spritenet import metrics, plots
from spritenet.charts import calibration_curve
from spritenet.errors import DataError

pytest.importorskip("matplotlib", reason="pip install matplotlib")

from matplotlib.axes import Axes
from matplotlib.figure import Figure

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 4, 300)
ROWS = RANDOM.dirichlet(np.ones(4), 300)
MATRIX = metrics.confusion_matrix(LABELS, ROWS, 4)
IMAGES = RANDOM.integers(0, 256, (7, 8, 8, 1), np.uint8)
LONG = ["a very long class name indeed", "$x^2", "c", "d"]


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    """In a fresh interpreter, its output caught."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


FIGURES: dict[str, Callable[[], Figure]] = {
    "chart": lambda: plots.chart(calibration_curve(metrics.calibration(LABELS, ROWS))),
    "bar": lambda: plots.bar([3, 1, 2], ["a", "b", "a longer name"], x_label="class"),
    "line": lambda: plots.line({"a": [1, 2, np.nan, 4], "b": [4, 3, 2, 1]}, x_label="time (s)"),
    "scatter": lambda: plots.scatter({"a": [1, 2], "b": [2, 1]}, [5, 6], title="points"),
    "heatmap": lambda: plots.heatmap(RANDOM.normal(size=(3, 4)), column_names=LONG),
    "histogram": lambda: plots.histogram(RANDOM.normal(size=500), x_label="weight"),
    "table": lambda: plots.table(["layer", "parameters"], [["conv2d", 208], ["dense", 2570]]),
    "confusion": lambda: plots.confusion(MATRIX, LONG, title="quarters"),
    "confusion of 100": lambda: plots.confusion(np.diag(np.arange(100))),
    "class accuracy": lambda: plots.class_accuracy(MATRIX, LONG),
    "class accuracy of 100": lambda: plots.class_accuracy(np.diag(np.arange(100))),
    "calibration": lambda: plots.calibration(metrics.calibration(LABELS, ROWS)),
    "curves": lambda: plots.curves({"loss": {"training": (range(9), range(9))}}),
    "distribution": lambda: plots.distribution({"k": RANDOM.normal(size=99), "b": np.zeros(3)}),
    "images": lambda: plots.images(IMAGES, list("abcdefg"), right=[True] * 6 + [False]),
    "filters": lambda: plots.filters(RANDOM.normal(size=(3, 3, 2, 9))),
    "activations": lambda: plots.activations({"conv": np.ones((4, 4, 3)), "dense": np.ones(5)}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_clipped(name: str) -> None:
    """Everything that is drawn lies inside of the figure, in inches."""
    figure = FIGURES[name]()
    figure.draw_without_rendering()
    drawn, whole = figure.get_tightbbox(), figure.bbox_inches
    assert min(drawn.x0, drawn.y0) >= -0.01
    assert drawn.x1 <= whole.x1 + 0.01
    assert drawn.y1 <= whole.y1 + 0.01


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"table", "images", "filters"}))
def test_axes_say_what_they_measure(name: str) -> None:
    """Each axis with numbers has a label; heatmap's and confusion's colours, too."""
    figure = FIGURES[name]()
    named = figure.findobj(Axes)
    assert any(axes.get_xlabel() or axes.get_ylabel() for axes in named)


def test_bars_have_the_heights_and_names_given() -> None:
    """From zero."""
    axes = FIGURES["bar"]().axes[0]
    assert [bar.get_height() for bar in axes.patches] == [3, 1, 2]  # type: ignore[attr-defined]  # rectangles
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "a longer name"]
    assert axes.get_ylim()[0] == 0


def test_lines_have_the_values_given() -> None:
    """And gaps where there are none; bands are where they were said to be."""
    axes = FIGURES["line"]().axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1, 2, np.nan, 4])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]  # type: ignore[union-attr]  # it is there
    banded = plots.line({"a": [1, 2]}, [0, 1], bands={"a": ([0, 1], [2, 3])}, y_limits=(0, 4))
    (band,) = banded.axes[0].collections
    corners = band.get_paths()[0].vertices
    assert {(0, 0), (0, 2), (1, 1), (1, 3)} <= {tuple(point) for point in corners.tolist()}  # type: ignore[union-attr]  # an array
    assert banded.axes[0].get_ylim() == (0, 4)


def test_a_scatter_has_its_points_in_shapes_of_their_own() -> None:
    """Colour alone doesn't tell the series apart."""
    first, second = FIGURES["scatter"]().axes[0].collections
    np.testing.assert_array_equal(first.get_offsets(), [[5, 1], [6, 2]])
    np.testing.assert_array_equal(second.get_offsets(), [[5, 2], [6, 1]])
    shapes = [len(part.get_paths()[0].vertices) for part in (first, second)]  # type: ignore[arg-type]  # arrays
    assert shapes[0] != shapes[1]


def test_a_histogram_counts_everything_and_says_what_it_leaves_out() -> None:
    """Counts add up to the finite values."""
    values = np.append(RANDOM.normal(size=500), [np.nan, np.inf])
    axes = plots.histogram(values).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == 500  # type: ignore[attr-defined]  # rectangles
    assert axes.get_title("right") == "2 not finite"


def test_a_confusion_matrix_has_its_numbers_where_they_belong() -> None:
    """Rows are true classes, columns predicted ones; the diagonal has fractions of the row."""
    axes = FIGURES["confusion"]().axes[0]
    numbers = {text.get_position(): text.get_text() for text in axes.texts}
    for row in range(4):
        for column in range(4):
            count = int(MATRIX[row, column])
            assert numbers.get((column, row), "0") == f"{count:,}"
    right = np.asarray(axes.images[1].get_array(), float)
    np.testing.assert_allclose(np.diag(right), metrics.per_class_accuracy(MATRIX))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted as", "is")
    many = FIGURES["confusion of 100"]().axes[0]
    assert many.get_title("left") == "the 40 most confused of 100 classes"


def test_class_accuracies_are_the_metrics() -> None:
    """A class without images is said to have none."""
    matrix = [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    axes = plots.class_accuracy(matrix).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 1, 0]  # type: ignore[attr-defined]  # rectangles
    said = [text.get_text() for text in axes.texts]
    assert said == ["50.0 % of 2", "100.0 % of 2", "no images"]


def test_a_calibration_curve_has_the_bins_that_have_images() -> None:
    """And a straight line to compare with."""
    bins = metrics.calibration(LABELS, ROWS)
    upper, lower = FIGURES["calibration"]().axes
    there = bins.count > 0
    np.testing.assert_array_equal(upper.lines[0].get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(upper.lines[1].get_ydata(), bins.accuracy[there])
    assert [bar.get_height() for bar in lower.patches] == bins.count.tolist()  # type: ignore[attr-defined]  # rectangles
    assert "log" in lower.get_ylabel()


def test_long_curves_are_means_and_say_so() -> None:
    """Of 1,000 steps a point is the mean of four, over a band from smallest to largest."""
    steps = np.arange(1000)
    axes = plots.curves({"loss": {"training": (steps, steps % 4)}}).axes[0]
    assert axes.get_title("right") == "means of 4 steps, and their range"
    np.testing.assert_allclose(np.asarray(axes.lines[0].get_ydata(), float), 1.5)
    assert len(axes.collections) == 1
    short = plots.curves({"loss": {"training": (steps[:9], steps[:9])}}).axes[0]
    assert short.get_title("right") == ""
    np.testing.assert_array_equal(short.lines[0].get_ydata(), steps[:9])


@pytest.mark.parametrize(("least", "from_0"), [(0.4, True), (-0.4, False)])
def test_curves_stand_on_0(least: float, from_0: bool) -> None:
    """Half as high is half as much; unless something is less than 0."""
    figure = plots.curves({"loss": {"training": ([1, 2, 3], [2.0, least, 0.5])}})
    assert (figure.axes[0].get_ylim()[0] == 0) == from_0


def test_a_distribution_tells_what_tfvis_tells() -> None:
    """Count, range, mean, zeros, values that aren't finite."""
    axes = plots.distribution([0, 0, 2, np.nan]).axes[0]
    (said,) = [text.get_text() for text in axes.texts]
    assert said == "4 values · 0 to 2 · mean 0.67 ± 0.94 · 2 zero · 1 not finite"


def test_images_are_the_pixels_given_with_signs() -> None:
    """✓ or ✗, not only a colour."""
    figure = FIGURES["images"]()
    np.testing.assert_array_equal(figure.axes[2].images[0].get_array(), IMAGES[2, :, :, 0])
    captions = [axes.get_xlabel() for axes in figure.axes]
    assert captions == ["✓ a", "✓ b", "✓ c", "✓ d", "✓ e", "✓ f", "✗ g"]


def test_floats_are_shown_as_the_pixels_they_stand_for() -> None:
    """From 0 to 1, as `MnistData` gives them; others are refused, not shown black."""
    shown = plots.images(IMAGES.astype(np.float32) / 255).axes[3].images[0].get_array()
    np.testing.assert_array_equal(shown, IMAGES[3, :, :, 0])
    with pytest.raises(DataError, match="invalid pixel values: expected 0 to 1, got 0 to 255"):
        plots.images(np.array([[[0.0, 255.0]]]))


def test_filters_share_one_scale() -> None:
    """Zero in its middle."""
    kernel = RANDOM.normal(size=(3, 3, 1, 4))
    shown = [axes.images[0] for axes in plots.filters(kernel).axes if axes.images]
    assert len({image.get_clim() for image in shown[:4]}) == 1
    low, high = shown[0].get_clim()
    assert low == -high == -np.abs(kernel).max()
    np.testing.assert_array_equal(shown[1].get_array(), kernel[:, :, 0, 1])


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.bar([[1, 2]]),
        lambda: plots.bar([1, 2], ["a"]),
        lambda: plots.bar([np.nan]),
        lambda: plots.line({"a": [1, 2]}, [1, 2, 3]),
        lambda: plots.heatmap([1, 2]),
        lambda: plots.histogram([np.nan]),
        lambda: plots.table(["a"], [[1, 2]]),
        lambda: plots.confusion([[1, 2]]),
        lambda: plots.curves({}),
        lambda: plots.images(np.zeros((2, 3))),
        lambda: plots.images(IMAGES, ["a"]),
        lambda: plots.filters(np.zeros((3, 3))),
        lambda: plots.activations({}),
    ],
)
def test_what_can_not_be_drawn_is_refused(call: Callable[[], object]) -> None:
    """With one line."""
    with pytest.raises(DataError):
        call()


def test_a_figure_is_a_png_in_a_notebook() -> None:
    """Also where nobody imported pyplot."""
    png = plots.bar([1, 2])._repr_png_()
    assert png.startswith(b"\x89PNG")


def test_nothing_global_changes() -> None:
    """No pyplot, no setting changed, no figure kept."""
    script = (
        "import sys, matplotlib\n"
        "from spritenet import plots\n"
        "def settings():\n"  # looking at the backend alone would choose one
        "    return {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "plots.confusion([[1, 2], [3, 4]])._repr_png_()\n"
        "print('matplotlib.pyplot' in sys.modules, before == settings())\n"
    )
    done = run_script(script)
    assert (done.stdout.strip(), done.returncode) == ("False True", 0), done.stderr


def test_without_matplotlib_the_command_to_type_is_named() -> None:
    """An import that finds nothing, as where the extra is not installed."""
    script = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "from spritenet import plots\n"
        "try:\n    plots.bar([1])\nexcept ImportError as error:\n    print(error)\n"
    )
    done = run_script(script)
    assert 'Type: pip install "spritenet[plot]"' in done.stdout, done.stderr
    assert sorted(dir(plots)) == sorted(plots.__all__)
    with pytest.raises(AttributeError):
        _ = plots.pie
