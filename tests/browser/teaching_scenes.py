"""Pictures of what teaches: the page on a control, a mystery that is solved, the page in Chinese."""

from pathlib import Path
from typing import Any

from inkling_browser import Server, tile, wait

PATIENCE = 180_000  # milliseconds that a run may take


def learn(tab: Any, server: Server, path: Path) -> None:
    """Momentum: its picture, its formula, what to try."""
    tab.goto(f"{server.url}/learn?about=momentum")
    tab.get_by_text("What to try").wait_for()
    tab.locator(".live-chart .contourlayer path").first.wait_for()
    tab.wait_for_timeout(1000)  # for the chart's own fonts and the formula
    tab.screenshot(path=path)


def challenge(tab: Any, server: Server, path: Path) -> None:
    """A mystery network: trained, a first guess that is wrong, and the right one."""
    tab.goto(f"{server.url}/?challenge=mystery-2")
    tab.get_by_text("Train it first").wait_for()
    tab.get_by_role("button", name="Train", exact=True).click()
    tab.locator(".st-key-challenge-guess").wait_for(timeout=PATIENCE)
    for guess in ("The learning rate is far too high", "The labels are shuffled"):
        tab.locator(".st-key-challenge-guess").get_by_role("combobox").click()
        tab.get_by_role("option", name=guess).click()
        button = tab.get_by_role("button", name="That is it")
        wait(tab, lambda button=button: button.is_enabled())
        button.click()
        tab.get_by_text("Not “" if guess.startswith("The learning") else "Found").first.wait_for()
    tab.wait_for_timeout(1000)  # for the charts to find their place
    tab.screenshot(path=path)


def chinese(tab: Any, address: str, path: Path) -> None:
    """The Train page with a run, in Chinese. address: of that run."""
    tab.goto(f"{address}{'&' if '?' in address else '?'}lang=zh")
    tab.get_by_text("更多数据设置").wait_for()
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    wait(tab, lambda: tile(tab, "验证准确率") > 0)
    tab.wait_for_timeout(1000)  # for the charts to find their place
    tab.screenshot(path=path)
