"""Makes the README's pictures of the page at work: `python tests/browser/screenshots.py [FOLDER]`.

They are true: the default network is trained until it reads 97 % of the validation images, digits are drawn with the
mouse, a run is rewound and gone on from, one diverges, three race. Needs playwright and Chromium, as the browser
tests do.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import teaching_scenes
from inkling_browser import APP, Server, draw, launched, tile, wait

from engine.about import About, write_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten, Tanh
from engine.losses import MeanSquaredError
from engine.optimizers import SGD, Adam, Momentum
from engine.rundir import RunFolder

WIDE, NARROW = (1440, 900), (420, 900)
SHORT = TrainingConfig(data=DataConfig(train_images=10_000, validation_images=2_000), epochs=2)


def main() -> None:
    """One server for all pictures."""
    parser = argparse.ArgumentParser(description="Makes the README's pictures.")
    parser.add_argument("folder", type=Path, nargs="?", default=APP.parent / "pictures")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Server(Path(scratch)) as server, launched() as browser:
        light = train(browser, server, folder)
        teach(browser, server, light.url, folder)
        rewind(light, folder)
        draw_page(light, folder)
        evaluate(light, folder)
        inside_page(light, folder)
        numbers(light, folder)
        share(browser, light, folder)
        race(light, server, folder)
        diverge(light, server, folder)


def train(browser: Any, server: Server, folder: Path) -> Any:
    """Train once in the light page, and show the same run in the others by its address."""
    light = open_tab(browser, "light", WIDE, server.url)
    save(light, folder / "before.png")
    light.get_by_role("button", name="Train", exact=True).click()
    wait(light, lambda: tile(light, "Validation accuracy") >= 97, 180)
    draw(light, 3)
    light.get_by_role("button", name="Pin", exact=True).click()
    save(light, folder / "train.png")
    for name, scheme, size in (("train-dark", "dark", WIDE), ("train-narrow", "light", NARROW)):
        other = open_tab(browser, scheme, size, light.url)
        wait(other, lambda other=other: tile(other, "Validation accuracy") >= 97, 180)
        draw(other, 7)
        save(other, folder / f"{name}.png")
        other.close()
    return light


def teach(browser: Any, server: Server, run: str, folder: Path) -> None:
    """What teaches, and the page in another language. run: the address of one."""
    tab = open_tab(browser, "light", WIDE, server.url)
    teaching_scenes.chinese(tab, run, folder / "chinese.png")
    tab.close()
    tab = open_tab(browser, "light", WIDE, server.url)
    teaching_scenes.learn(tab, server, folder / "learn.png")
    teaching_scenes.challenge(tab, server, folder / "challenge.png")
    tab.close()


def rewind(tab: Any, folder: Path) -> None:
    """Back to the run's early steps, a look inside, and another run from there."""
    slider = tab.locator(".time-slider input")
    slider.press("Home")
    for _ in range(12):
        slider.press("ArrowRight")
    tab.get_by_text("Look inside at this step").click()
    tab.locator(".ink-kernels img").first.wait_for()
    save(tab, folder / "time-machine.png", tab.locator(".st-key-accuracy"))
    before = tab.url
    tab.get_by_role("button", name="Continue from here").click()
    wait(tab, lambda: tab.url != before)
    tab.get_by_text("forked from").first.wait_for()
    wait(tab, lambda: tile(tab, "Epoch") >= 1, 180)
    save(tab, folder / "fork.png")


def draw_page(tab: Any, folder: Path) -> None:
    """What happens to a drawing, and why it is read so."""
    tab.get_by_role("link", name="Draw").click()
    tab.get_by_text("How the drawing becomes").wait_for()
    save(tab, folder / "draw.png")
    tab.get_by_text("Why this answer?").click()
    tab.get_by_text("speaks for").wait_for()
    save(tab, folder / "why.png", tab.get_by_text("Why this answer?"))


def inside_page(tab: Any, folder: Path) -> None:
    """The network coloured by a drawing, its kernels and maps, gradients over the run, and a unit switched off."""
    tab.get_by_role("link", name="Inside", exact=True).click()
    tab.locator(".st-key-inside-source").get_by_text("Drawing").click()
    tab.get_by_text("sure").first.wait_for()
    tab.locator(".nv-column canvas").nth(4).click(position={"x": 20, "y": 20})
    tab.get_by_text("what its answer is made of").first.wait_for()
    save(tab, folder / "inside.png")
    sections = tab.locator(".st-key-inside-what")
    for name, shown in (("Weights", "weights-"), ("Feature maps", "maps-tiles-")):
        sections.get_by_text(name, exact=True).click()
        tab.locator(f"[class*=st-key-{shown}] canvas").first.wait_for()
        save(tab, folder / f"{name.lower().replace(' ', '-')}.png")
    sections.get_by_text("Histograms", exact=True).click()
    tab.locator(".st-key-histogram-0 .live-chart .main-svg").first.wait_for(timeout=60_000)
    tab.locator(".st-key-histograms-progress [data-testid=stProgress]").wait_for(state="detached", timeout=60_000)
    save(tab, folder / "histograms.png")
    sections.get_by_text("Units", exact=True).click()
    tab.locator("[class*=st-key-units-tiles-] .tl-tile").nth(1).click()
    tab.locator(".st-key-worth .live-chart .main-svg").first.wait_for(timeout=60_000)
    tab.locator(".st-key-units-ranking [data-testid=stProgress]").wait_for(state="detached", timeout=60_000)
    save(tab, folder / "units.png")
    tab.locator(".st-key-inside-source").get_by_text("Validation").click()


def numbers(tab: Any, folder: Path) -> None:
    """The space of the last hidden layer, one unit by hand with the gradient check, and a weight's next step."""
    tab.get_by_role("link", name="Inside", exact=True).click()
    tab.get_by_text("Hidden space", exact=True).click()
    tab.locator("canvas.space-paper[data-drawn='1']").wait_for()
    tab.get_by_text("t-SNE", exact=True).first.click()
    tab.get_by_text("no formula for new points").wait_for(timeout=120_000)
    save(tab, folder / "space.png", tab.locator(".st-key-space-choice"))
    tab.get_by_text("By hand", exact=True).click()
    tab.locator(".st-key-formula-forward .katex").wait_for()
    save(tab, folder / "by-hand.png", tab.locator(".st-key-hand-unit"))
    tab.get_by_role("button", name="Check the gradients").click()
    tab.get_by_text("gradients agree").wait_for(timeout=60_000)
    save(tab, folder / "gradient-check.png", tab.locator(".st-key-check-head"))
    tab.get_by_text("Optimizer", exact=True).click()
    tab.locator(".st-key-formula-step-2 .katex").wait_for(timeout=60_000)
    save(tab, folder / "microscope.png", tab.locator(".st-key-microscope-what"))


def evaluate(tab: Any, folder: Path) -> None:
    """The commonest mistake's images, each view, and the run beside the network that ships."""
    tab.get_by_role("link", name="Evaluate", exact=True).click()
    if (tour := tab.get_by_role("button", name="No, thanks")).count():  # its card would lie over the picture
        tour.click()
    cells = tab.locator(".confusion-wrong")
    cells.first.wait_for(timeout=60_000)
    counts = [int(text or 0) for text in cells.all_inner_texts()]
    cells.nth(counts.index(max(counts))).click()
    tab.wait_for_timeout(1500)  # the images of that cell take the place of those before
    tab.locator(".gallery button").first.click()
    tab.locator(".evaluate-closely").wait_for()
    save(tab, folder / "evaluate.png")
    views = {"Classes": ".evaluate-classes td", "Confidence": ".st-key-coverage-chart .live-chart .main-svg"}
    for name, shown in views.items():
        tab.get_by_role("radio", name=name).click()
        tab.locator(shown).first.wait_for()
        save(tab, folder / f"evaluate-{name.lower()}.png")
    tab.get_by_role("combobox", name="Against").click()
    tab.get_by_role("option", name="convnet, ships with Inkling").click()
    tab.get_by_role("radio", name="Robustness").click()
    tab.locator(".st-key-robustness-figures").wait_for()
    tab.locator(".stProgress").wait_for(state="detached", timeout=300_000)
    save(tab, folder / "evaluate-robustness.png")
    tab.get_by_role("radio", name="Two networks").click()
    tab.locator(".gallery img").first.wait_for(timeout=60_000)
    save(tab, folder / "evaluate-two.png")


def share(browser: Any, tab: Any, folder: Path) -> None:
    """The link with its fingerprints, and the lab report as it opens elsewhere."""
    tab.get_by_role("link", name="Share", exact=True).click()
    tab.get_by_text("Weights of the run").wait_for()
    tab.get_by_text("For a class: lock or hide controls").click()
    save(tab, folder / "share.png")
    tab.get_by_text("Lab report", exact=True).click()
    with tab.expect_download(timeout=120_000) as download:
        tab.get_by_role("button", name="Report", exact=True).click()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "report.html"
        download.value.save_as(file)
        report = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, offline=True).new_page()
        report.goto(file.as_uri())
        save(report, folder / "report.png", report.get_by_role("heading", name="Curves"))
        report.context.close()


def race(tab: Any, server: Server, folder: Path) -> None:
    """Three optimizers from the same seed, over each other, with the settings in which they differ."""
    for optimizer in (SGD(learning_rate=0.05), Momentum(learning_rate=0.01), Adam()):
        name = type(optimizer).__name__
        run = RunFolder.create(server.runs, replace(SHORT, optimizer=optimizer), f"race-{name.lower()}")
        write_about(run, About(name=name, group="race", kind="race"))
        tab.goto(f"{server.url}/?run={run.id}")
        tab.locator(".st-key-main-continue button").click()
    tab.get_by_role("link", name="Runs", exact=True).click()
    tab.locator(".rt-tag", has_text="race").first.click()
    tab.locator(".runs-said", has_text="wins after 2 epochs").wait_for(timeout=180_000)
    save(tab, folder / "race.png")
    save(tab, folder / "overlay.png", tab.get_by_text("Settings that differ"))


def diverge(tab: Any, server: Server, folder: Path) -> None:
    """A learning rate that is far too high."""
    layers = (Flatten(), Dense(units=32), Tanh(), Dense(units=10))
    config = replace(SHORT, layers=layers, loss=MeanSquaredError(), optimizer=SGD(learning_rate=10.0))
    run = RunFolder.create(server.runs, config, "too-fast")
    tab.goto(f"{server.url}/?run={run.id}")
    tab.locator(".st-key-main-continue button").click()
    tab.locator(".st-key-main-train button").wait_for(timeout=60_000)
    save(tab, folder / "diverged.png")


def open_tab(browser: Any, scheme: str, size: tuple[int, int], address: str) -> Any:
    """A tab that shows the page."""
    viewport = {"width": size[0], "height": size[1]}
    tab = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce").new_page()
    tab.goto(address)
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    return tab


def save(tab: Any, path: Path, what: Any = None) -> None:
    """Take the picture when everything has been drawn: from the top of the page, or where `what` is in it."""
    tab.mouse.move(0, 0)
    tab.wait_for_timeout(1500)
    if what is None:
        tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
    else:
        what.evaluate("element => element.scrollIntoView({block: 'start'})")
    tab.wait_for_timeout(500)
    tab.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    main()
