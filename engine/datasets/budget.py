"""How much memory a file may ask for. Every size is looked at before anything of that size is made."""

from engine.datasets.base import DataError

MOST_BYTES = 1 << 30  # of all arrays of a file together: a million images of 28x28, or all of MNIST in float64
MOST_IMAGES = 1_000_000


class Budget:
    """What one file may still take."""

    def __init__(self, name: str, most: int = MOST_BYTES) -> None:
        self.name = name
        self._left = self._most = most

    def spend(self, size: int, what: str) -> int:
        """Give `size` bytes away, and return them. Raises DataError when there are not so many left."""
        if not 0 <= size <= self._left:
            raise DataError(
                f"{self.name}: {what} would take {size / 1e6:,.0f} MB; at most {self._most / 1e6:,.0f} MB are read "
                "from one file. Take fewer images, or store them as bytes (uint8)."
            )
        self._left -= size
        return size
