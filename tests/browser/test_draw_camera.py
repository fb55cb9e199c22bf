"""The camera on the drawing page of an exported file: asked for when wanted, off afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from browser.test_collect import PROGRAM
from browser.test_exported import SHOWN, Exported, exported, opened
from site_server import CHROMIUM_OPTIONS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["exported"]  # a fixture

COUNT_REQUESTS = """() => {
  window.asked = 0;
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (options) => { window.asked++; return get(options); };
}"""
TRACK = "spritenetDraw.viewfinder.camera.stream?.getVideoTracks()[0].readyState ?? 'off'"
INPUT = "[...spritenetDraw.answer.input]"


@pytest.fixture(scope="module")
def camera(chromium: Browser) -> Iterator[Browser]:
    """A browser whose camera shows a moving pattern."""
    options = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    browser = chromium.browser_type.launch(
        executable_path=PROGRAM, args=[*CHROMIUM_OPTIONS, *options]
    )
    yield browser
    browser.close()


def ready(page: Page) -> None:
    """Waits for the page, and counts from now on how often it asks for the camera."""
    page.wait_for_function(SHOWN)
    page.evaluate(COUNT_REQUESTS)


def test_frames_are_classified_while_the_camera_is_open(
    camera: Browser, exported: Exported
) -> None:
    """Each frame is new; the last one stays, can be taught and undone; the light is off."""
    with opened(camera, exported.plain, permissions=["camera"]) as page:
        ready(page)
        assert page.evaluate("asked") == 0
        button = page.get_by_role("button", name="Camera", exact=True)
        button.click()
        page.locator("#paper video").wait_for()
        page.wait_for_function("() => spritenetDraw.answer.state !== 'empty'")
        assert page.evaluate(TRACK) == "live"
        assert page.evaluate("asked") == 1
        assert not page.evaluate("spritenetDraw.viewfinder.camera.mirrored")  # digits
        page.evaluate(f"window.before = String({INPUT})")
        page.wait_for_function(f"() => String({INPUT}) !== before")
        page.get_by_role("button", name="Mirror").click()
        assert page.locator("#paper video.mirrored").count() == 1
        page.keyboard.press("Escape")
        assert page.evaluate(TRACK) == "off"
        assert page.locator("#paper video").count() == 0
        assert page.evaluate("spritenetDraw.sheet.items.length") == 1
        assert page.locator("#classes button").first.is_enabled()
        page.click("#undo")
        page.wait_for_function("() => spritenetDraw.answer.state === 'empty'")


def test_a_stroke_or_a_hidden_page_closes_the_camera(camera: Browser, exported: Exported) -> None:
    """The drawing begins anew; where the camera isn't allowed, the page says so."""
    with opened(camera, exported.plain, permissions=["camera"]) as page:
        ready(page)
        page.click("#camera")
        page.locator("#paper video").wait_for()
        page.wait_for_function("() => spritenetDraw.answer.state !== 'empty'")
        page.locator("#canvas").focus()
        page.keyboard.press("Space")
        assert page.evaluate(TRACK) == "off"
        page.keyboard.press("Space")
        page.click("#camera")
        page.locator("#paper video").wait_for()
        page.evaluate("""() => {
          Object.defineProperty(document, 'hidden', { value: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }""")
        assert page.evaluate(TRACK) == "off"
        page.evaluate("""() => {
          navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException('no', 'NotAllowedError'));
        }""")
        page.click("#camera")
        page.locator("#problem", has_text="does not allow the camera").wait_for()
        assert page.get_by_role("button", name="Camera", exact=True).is_visible()
