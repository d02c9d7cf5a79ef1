import json
from pathlib import Path

from demo.traffic import PAUSE, Measures, Sentences, read_phase


def test_each_phase_goes_round_on_its_own(tmp_path: Path) -> None:
    for phase in ("movies", "tweets"):
        rows = [{"id": f"{phase}-{number}", "text": "x", "domain": phase} for number in (1, 2)]
        (tmp_path / f"{phase}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sentences = Sentences(tmp_path)
    ids = [sentences.next_row("movies")["id"] for _ in range(3)]
    assert ids == ["movies-1.0", "movies-2.0", "movies-1.1"]
    assert sentences.next_row("tweets")["id"] == "tweets-1.0"


def test_every_kind_and_outcome_is_there_from_the_start() -> None:
    measures = Measures()
    measures.domain = "movies"
    measures.count("predict", "failed")
    text = measures.render()
    assert 'traffic_requests_total{kind="predict",outcome="failed"} 1\n' in text
    assert 'traffic_requests_total{kind="feedback",outcome="failed"} 0\n' in text
    assert 'traffic_domain{domain="movies"} 1\n' in text


def test_nothing_is_sent_before_there_is_a_phase(tmp_path: Path) -> None:
    file = tmp_path / "phase"
    assert read_phase(file) == PAUSE
    file.write_text("tweets\n")
    assert read_phase(file) == "tweets"
