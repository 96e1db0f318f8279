"""How much memory a file may ask for. Every size is looked at before anything of that size is made."""

from engine.datasets.base import DataError
from engine.limits import UNPACKED

MOST_IMAGES = 1_000_000


class Budget:
    """What one file may still take: UNPACKED by default, as much as a million images of 28x28 or MNIST in float64."""

    def __init__(self, name: str, most: int | None = None) -> None:
        self.name = name
        self._limit = f" (limit {UNPACKED.variable})" if most is None else ""
        self._left = self._most = UNPACKED.value() if most is None else most

    def spend(self, size: int, what: str) -> int:
        """Give `size` bytes away, and return them. Raises DataError when there are not so many left."""
        if not 0 <= size <= self._left:
            raise DataError(
                f"{self.name}: {what} would take {size / 1e6:,.0f} MB; at most {self._most / 1e6:,.0f} MB are read "
                f"from one file{self._limit}. Take fewer images, or store them as bytes (uint8)."
            )
        self._left -= size
        return size
