"""The one Chromium in which all people have contexts of their own; begun again when it has crashed."""

import asyncio
import contextlib
from typing import Any

from inkling_browser import FLAGS, chromium


class Browsers:
    """Gives contexts. crashes: how often the whole browser had gone meanwhile."""

    def __init__(self, playwright: Any) -> None:
        self._playwright = playwright
        self._browser: Any = None
        self._lock = asyncio.Lock()
        self.crashes = 0

    async def context(self) -> Any:
        """A browser of one's own, as far as cookies and pages go."""
        async with self._lock:
            if self._browser is not None and not self._browser.is_connected():
                self.crashes += 1
                self._browser = None
            if self._browser is None:
                self._browser = await self._playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        return await self._browser.new_context(viewport={"width": 1280, "height": 900})

    async def close(self) -> None:
        """End it; one that has crashed is gone already."""
        if self._browser is not None:
            with contextlib.suppress(Exception):
                await self._browser.close()
