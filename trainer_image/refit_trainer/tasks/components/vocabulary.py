"""The items that a recommender knows, by number: 0 is padding, 1 an unknown item."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from refit_trainer.contract.errors import BadInput

PADDING, UNKNOWN, FIRST = 0, 1, 2
FILE = "items.json"


class Vocabulary:
    """Items in the order of their numbers; a new one is appended, so that numbers never change."""

    def __init__(self, items: Iterable[str], length: int) -> None:
        self.length = length
        """How many of a history's newest items the network sees."""
        self._items = list(items)
        self._numbers = {item: number for number, item in enumerate(self._items, start=FIRST)}

    def __len__(self) -> int:
        return len(self._items) + FIRST

    @property
    def all_special_ids(self) -> tuple[int, ...]:
        """The numbers that batches may have and rows don't, by the name that tokenizers give them."""
        return PADDING, UNKNOWN

    def number(self, item: object) -> int:
        """Return an item's number."""
        return self._numbers.get(str(item), UNKNOWN)

    def encode(self, items: Sequence[object]) -> list[int]:
        """Return the numbers of the newest items, oldest first."""
        return [self.number(item) for item in items[-self.length :]]

    def item(self, number: int) -> str:
        """Return the item with a number from FIRST on."""
        return self._items[number - FIRST]

    def add(self, items: Iterable[object]) -> int:
        """Give numbers to the items that have none, and return how many those were."""
        before = len(self)
        for item in items:
            if str(item) not in self._numbers:
                self._numbers[str(item)] = len(self)
                self._items.append(str(item))
        return len(self) - before

    def save_pretrained(self, folder: Path) -> None:
        """Write the items."""
        document = {"length": self.length, "items": self._items}
        (folder / FILE).write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, length: int) -> "Vocabulary":
        """Read the items of a model folder; a folder without any has an empty vocabulary. Raise BadInput."""
        try:
            document = json.loads((folder / FILE).read_text(encoding="utf-8"))
            return cls(map(str, document["items"]), min(length, int(document["length"])))
        except FileNotFoundError:
            return cls((), length)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise BadInput(f"{folder}/{FILE} isn't a list of items: {error!r}") from None
