"""What is written about a checkpoint into its folder after it was published; no part of its digest."""

from refit_trainer.artifacts.checkpoint import hidden_sibling
from refit_trainer.artifacts.model_folder import make_readable
from refit_trainer.storage.object_store import upload
from refit_trainer.storage.uris import local_path, make_scratch


def write_beside(uri: str, texts: dict[str, str]) -> None:
    """Write files, by their names, into the folder that a URI names; a reader sees each whole or not at all."""
    target = local_path(uri)
    folder = hidden_sibling(target) if target else make_scratch() / "beside"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    make_readable(folder)
    if target is None:
        upload(folder, uri, last=next(reversed(texts)))
        return
    for name in texts:
        (folder / name).replace(target / name)
    folder.rmdir()
