"""The address is the document: it follows the settings, and sets them where it is opened."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from inkling_browser import Server, wait

from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.link import decode, encode
from engine.optimizers import Momentum

QUICK = TrainingConfig(
    data=DataConfig(train_images=2_000, validation_images=500),
    layers=(Flatten(), Dense(units=10)),
    optimizer=Momentum(learning_rate=0.02),
    epochs=2,
    seed=5,
)


def settings_in(tab: Any) -> TrainingConfig | None:
    """What the browser's address says."""
    text = parse_qs(urlsplit(tab.url).query).get("s", [""])[0]
    return decode(text)[0] if text else None


def test_the_address_follows_the_settings_without_steps_in_the_history(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    slider = tab.locator("[class*=st-key-form--optimizer-learning_rate] input[type=range]")
    slider.wait_for()
    assert settings_in(tab) is None
    length = tab.evaluate("history.length")
    for _ in range(3):
        slider.press("ArrowRight")
    wait(tab, lambda: settings_in(tab) == TrainingConfig().with_values({"optimizer.learning_rate": 0.003}))
    assert tab.evaluate("history.length") == length
    tab.get_by_role("link", name="Share", exact=True).click()
    wait(tab, lambda: "/share" in tab.url and settings_in(tab) is not None)
    tab.get_by_role("link", name="Train", exact=True).click()
    slider.wait_for()
    wait(tab, lambda: "/share" not in tab.url and settings_in(tab) is not None)
    tab.reload()
    tab.locator("[class*=st-key-form--optimizer-learning_rate]").get_by_text("0.003", exact=True).wait_for()


def test_a_teachers_link_locks_in_another_browser(tab: Any, server: Server) -> None:
    tab.goto(f"{server.url}/?s={encode(QUICK)}&lock=optimizer.learning_rate&hide=augmentation")
    tab.get_by_text("Locked by the link").first.wait_for()
    assert tab.locator(".st-key-form--optimizer-learning_rate-locked input[type=range]").is_disabled()
    assert tab.get_by_text("Random changes of each training image").count() == 0
    wait(tab, lambda: "lock=optimizer.learning_rate&hide=augmentation" in tab.url)
    tab.get_by_role("button", name="Unlock").click()
    tab.get_by_text("Random changes of each training image").first.wait_for()
    wait(tab, lambda: "lock=" not in tab.url and "hide=" not in tab.url)
    assert settings_in(tab) == QUICK
