"""The provider `kind`: not written yet."""
from dataclasses import dataclass
from localcluster.paths import Layout
from localcluster.images import Image
def can_get_node_image(engine_name: str) -> bool:
    return False
@dataclass(frozen=True)
class Kind:
    layout: Layout
    engine: str
    def up(self) -> None: ...
    def down(self) -> None: ...
    def status(self) -> tuple[list[str], bool]: return [], False
    def load(self, image: Image) -> None: ...
    def environment(self) -> dict[str, str]: return {}
