"""Makes the README's pictures of the page at work: `python tests/browser/screenshots.py [FOLDER]`.

They are true: the default network is trained until it reads 97 % of the validation images, and a digit is drawn
with the mouse. Needs playwright and Chromium, as the browser tests do.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from inkling_browser import APP, Server, draw, launched, tile

WIDE, NARROW = (1440, 900), (420, 900)


def main() -> None:
    """Train once in the light page, and show the same run in the others by its address."""
    parser = argparse.ArgumentParser(description="Makes the README's pictures.")
    parser.add_argument("folder", type=Path, nargs="?", default=APP.parent / "pictures")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Server(Path(scratch)) as server, launched() as browser:
        light = open_tab(browser, "light", WIDE, server.url)
        save(light, folder / "before.png")
        light.get_by_role("button", name="Train", exact=True).click()
        until(light, 97)
        draw(light, 3)
        save(light, folder / "train.png")
        for name, scheme, size in (("train-dark", "dark", WIDE), ("train-narrow", "light", NARROW)):
            other = open_tab(browser, scheme, size, light.url)
            until(other, 97)
            draw(other, 7)
            save(other, folder / f"{name}.png")
            other.close()
        light.get_by_role("link", name="Draw").click()
        light.get_by_text("How the drawing becomes").wait_for()
        save(light, folder / "draw.png")


def open_tab(browser: Any, scheme: str, size: tuple[int, int], address: str) -> Any:
    """A tab that shows the page."""
    viewport = {"width": size[0], "height": size[1]}
    tab = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce").new_page()
    tab.goto(address)
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    return tab


def until(tab: Any, accuracy: float, seconds: float = 180) -> None:
    """Wait for this validation accuracy, in percent."""
    end = time.monotonic() + seconds
    while not tile(tab, "Validation accuracy") >= accuracy:
        if time.monotonic() > end:
            raise TimeoutError(f"no {accuracy} % within {seconds:g} seconds")
        tab.wait_for_timeout(200)


def save(tab: Any, path: Path) -> None:
    """Take the picture from the top of the page, when everything has been drawn."""
    tab.mouse.move(0, 0)
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
    tab.wait_for_timeout(1500)
    tab.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    main()
