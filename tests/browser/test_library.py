"""The JavaScript library in a real browser."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spritenet as sn
from spritenet.dataset import Split

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TRAIN = """async ([site, steps, seed]) => {
  const { Model, optimizers } = await import(`${site}lib/index.js`);
  const bytes = async (name) => {
    const response = await fetch(`${site}files/${name}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const images = await bytes('images.bin');
  const labels = new Int32Array((await bytes('labels.bin')).buffer);
  const model = await Model.load(`${site}files/model/`);
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0.15 }) });
  const gaps = [];
  let last = performance.now();
  let training = true;
  const frame = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    if (training) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const history = await model.fit({ images, labels }, { steps, batchSize: 64, seed });
  training = false;
  const memory = model.network.arena.bytes;
  const files = model.toFiles();
  return {
    losses: history.losses,
    gaps,
    memory,
    json: files['model.json'],
    weights: [...files['weights.bin']],
    outputs: [...model.predict(images.subarray(0, 784))],
  };
}"""


def prepared(folder: Path) -> tuple[sn.Sequential, Split]:
    """A network of the tutorial's sizes and its data, as files for the page.

    Without ReLU and maxima, so that rounding decides nothing: tests/node tells of those.
    """
    data = sn.load("strokes").train[:6400]
    model = sn.Sequential(
        [
            sn.Conv2D(8, 5, activation="tanh"),
            sn.AveragePooling2D(2),
            sn.Conv2D(16, 5, activation="tanh"),
            sn.AveragePooling2D(2),
            sn.Flatten(),
            sn.Dense(10, activation="softmax"),
        ]
    )
    model.compile(sn.SGD(0.15), "sparse_categorical_crossentropy")
    model.build((28, 28, 1))
    model.save(folder / "model")
    (folder / "images.bin").write_bytes(np.ascontiguousarray(data.images).tobytes())
    (folder / "labels.bin").write_bytes(data.labels.astype("<i4").tobytes())
    return model, data


def test_a_tab_trains_as_python_does_and_stays_responsive(
    page: Page, site: str, tmp_path: Path
) -> None:
    """The first 100 losses agree within 1e-5, the page draws meanwhile, Python reads the result."""
    model, data = prepared(tmp_path)
    result = page.evaluate(TRAIN, [site, 100, 9])
    events = sn.train(model, data, steps=100, batch_size=64, seed=9)
    losses = [event.loss for event in events if isinstance(event, sn.StepEvent)]
    assert np.abs(np.array(result["losses"]) - losses).max() < 1e-5
    assert losses[-1] < losses[0] / 2
    # The time between frames depends on who else uses the machine; a page that waits draws two.
    assert len(result["gaps"]) > 4
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "model.json").write_text(result["json"])
    (tmp_path / "back" / "weights.bin").write_bytes(bytes(result["weights"]))
    back = sn.load_model(tmp_path / "back")
    assert np.abs(back.predict(data.images[0]) - result["outputs"]).max() < 1e-5


def test_the_browser_gets_the_faster_core(page: Page, site: str) -> None:
    """Chromium has relaxed SIMD, and the feature test finds it."""
    with page.expect_response(lambda answer: answer.url.endswith(".wasm")) as response:
        page.evaluate(f"import('{site}lib/index.js').then(async (m) => void await m.Core.load())")
    assert response.value.url.endswith("core-relaxed.wasm")


def test_a_large_sprite_is_read_by_a_core_of_its_own(page: Page, site: str, tmp_path: Path) -> None:
    """core-png.wasm, fetched once; the pixels are Python's."""
    chance = np.random.default_rng(3)
    images = chance.integers(0, 256, (400, 28, 28, 3), np.uint8)
    sn.pack(sn.Dataset.from_arrays((images, np.arange(400) % 10)), tmp_path / "large.png")
    page.evaluate("document.body.innerHTML = '<input id=files type=file aria-label=Data>'")
    page.set_input_files("#files", tmp_path / "large.png")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    digests = page.evaluate(
        """async (site) => {
          const { SpriteData } = await import(`${site}lib/index.js`);
          const digest = async () => {
            const { images } = await SpriteData.load(document.querySelector('#files').files[0]);
            const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', images));
            return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
          };
          return [await digest(), await digest()];
        }""",
        site,
    )
    assert digests == 2 * [hashlib.sha256(images.tobytes()).hexdigest()]
    assert asked.count("core-png.wasm") == 1


def test_a_model_is_loaded_from_files_a_person_chose(page: Page, site: str, tmp_path: Path) -> None:
    """The browser's own File objects, as an input element gives them."""
    _, data = prepared(tmp_path)
    page.evaluate(
        "document.body.innerHTML = '<input id=files type=file multiple aria-label=Model>'"
    )
    page.set_input_files(
        "#files", [tmp_path / "model" / "model.json", tmp_path / "model" / "weights.bin"]
    )
    outputs = page.evaluate(
        """async ([site, pixels]) => {
          const { Model } = await import(`${site}lib/index.js`);
          const model = await Model.load(document.querySelector('#files').files);
          return [...model.predict(Uint8Array.from(pixels))];
        }""",
        [site, data.images[0].ravel().tolist()],
    )
    expected = sn.load_model(tmp_path / "model").predict(data.images[0])
    assert np.abs(np.array(outputs) - expected).max() < 1e-5


def test_a_page_in_place_of_a_file_is_one_clear_line(page: Page, site: str, tmp_path: Path) -> None:
    """Servers that answer every address with their own page are common."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "model.json").write_text(json.dumps("<!doctype html>"))
    load = """([site, name]) => import(`${site}lib/index.js`)
      .then(({ Model }) => Model.load(`${site}${name}`)).then(() => 'loaded', (e) => e.message)"""
    assert "not a JSON object" in page.evaluate(load, [site, "files/html/"])
    page.route(
        "**/files/spa/**", lambda route: route.fulfill(body="<p>Hello", content_type="text/html")
    )
    assert "a web page in place of the file" in page.evaluate(load, [site, "files/spa/"])


def test_a_sprite_is_read_in_a_page(page: Page, site: str, tmp_path: Path) -> None:
    """One download, with its progress; pixels, labels and parts as in Python."""
    data = sn.load("strokes")
    splits = {"train": data.train[:900], "test": data.test[:100]}
    sn.pack(dataclasses.replace(data, splits=splits), tmp_path / "digits.png")
    found = page.evaluate(
        """async (site) => {
          const { SpriteData } = await import(`${site}lib/index.js`);
          const seen = [];
          const onProgress = (loaded, total) => seen.push(loaded / total);
          const data = await SpriteData.load(`${site}files/digits.png`, { onProgress });
          const { images, labels } = data.split('test');
          return { seen, images: [...images], labels: [...labels], count: data.head.count };
        }""",
        site,
    )
    assert found["count"] == 1000
    assert found["seen"][-1] == 1
    test = sn.load(tmp_path / "digits.png")["test"]
    assert found["images"] == test.images.ravel().tolist()
    assert found["labels"] == test.labels.tolist()


STORED = """async ([site, address]) => {
  const { Model } = await import(`${site}lib/index.js`);
  const missing = await Model.load(address).then(() => 'loaded', (error) => error.message);
  await new Promise((resolve, reject) => {
    const script = document.createElement('script');
    Object.assign(script, { src: `${site}files/tf.min.js`, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  await tf.setBackend('cpu');
  const theirs = tf.sequential();
  theirs.add(tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 3, kernelSize: 3 }));
  theirs.add(tf.layers.flatten());
  theirs.add(tf.layers.dense({ units: 4, activation: 'softmax' }));
  await theirs.save(address);
  const pixels = Uint8Array.from({ length: 64 }, (_, i) => i * 4);
  const outputs = theirs.predict(tf.tensor([...pixels], [1, 8, 8, 1]).div(255)).dataSync();
  const ours = await Model.load(address, { pixels: '0..1' });
  return { missing, theirs: [...outputs], ours: [...ours.predict(pixels)] };
}"""


@pytest.mark.parametrize("address", ["indexeddb://digits", "localstorage://digits"])
def test_what_tensorflow_js_saved_in_the_browser_is_read(
    chromium: Browser, site: str, tmp_path: Path, tfjs_folder: Path, address: str
) -> None:
    """By the address it was saved at; where nothing is, nothing is made."""
    program = tfjs_folder / "node_modules" / "@tensorflow" / "tfjs" / "dist" / "tf.min.js"
    shutil.copy(program, tmp_path)
    context = chromium.new_context(bypass_csp=True)  # TensorFlow.js evaluates a string
    page = context.new_page()
    page.goto(f"{site}pages/empty.html")
    got = page.evaluate(STORED, [site, address])
    context.close()
    assert got["missing"] == f"{address}: this browser has no model of that name."
    assert np.abs(np.subtract(got["ours"], got["theirs"])).max() < 1e-5


FRAMES = """async (site) => {
  const { Model, layers, optimizers } = await import(`${site}lib/index.js`);
  const model = await Model.create({
    inputShape: [28, 28, 1],
    layers: [layers.flatten(), layers.dense({ units: 10, activation: 'softmax' })],
  });
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0.01 }) });
  const examples = { images: new Uint8Array(784 * 64), labels: new Uint8Array(64) };
  let asked = 0;
  const wait = window.requestAnimationFrame;
  const control = new AbortController();
  const start = performance.now();
  window.requestAnimationFrame = (act) => {
    if (++asked > 9 && performance.now() > start + 1000) control.abort();
    return wait(act);
  };
  const options = { steps: 10_000_000, batchSize: 64, signal: control.signal };
  const { losses } = await model.fit(examples, options);
  const tooSoon = 1 + (performance.now() - start) / 40;
  return { asked, tooSoon, steps: losses.length };
}"""


def test_training_in_the_page_waits_for_few_frames(page: Page, site: str) -> None:
    """It pauses by time, not by steps: for a frame every 40 ms at most, so that it isn't slowed."""
    found = page.evaluate(FRAMES, site)
    assert 9 < found["asked"] <= found["tooSoon"]
    assert found["steps"] > 10 * found["asked"]
