import json
from itertools import islice
from pathlib import Path

from demo.traffic import PAUSE, Measures, Sentences, is_holdout, read_phase, request_ids
from refit_serving.feedback_files import choose_side


def test_a_sentence_that_comes_back_stays_on_its_side() -> None:
    for row_id in ("movies-1", "movies-2", "tweets-3", "tweets-17"):
        ids = list(islice(request_ids(row_id), 20))
        assert len(set(ids)) == 20
        assert ids[0] == row_id
        assert {is_holdout(key) for key in ids} == {is_holdout(row_id)}


def test_the_side_is_the_one_that_the_server_chooses() -> None:
    for number in range(200):
        key = f"tweets-{number}"
        assert (choose_side(key, 0.2) == "holdout") == is_holdout(key)


def test_each_phase_goes_round_on_its_own(tmp_path: Path) -> None:
    for phase in ("movies", "tweets"):
        rows = [{"id": f"{phase}-{number}", "text": "x", "domain": phase} for number in (1, 2)]
        (tmp_path / f"{phase}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sentences = Sentences(tmp_path)
    first = [sentences.next_row("movies")["id"] for _ in range(3)]
    assert first[:2] == ["movies-1", "movies-2"]
    assert first[2].startswith("movies-1.")
    assert sentences.next_row("tweets")["id"] == "tweets-1"


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
