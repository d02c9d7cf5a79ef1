"""The task text-generation through the commands: answers are learnt, judged on the same rows, and served."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.byte_tokenizer import make_byte_tokenizer
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.config import Generation
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, find_task
from refit_trainer.tasks.components.answer_match import is_same, is_same_by_pattern, is_within
from refit_trainer.tasks.text_generation import TextGeneration
from tests.support.trainer.commands import finish, judge_config, run_command, start_command, train_config, write_rows
from tests.support.trainer.decoders import make_decoder
from tests.support.trainer.server import Serve, pointer

CAPITALS = {
    "Austria": "Vienna",
    "Chile": "Santiago",
    "Denmark": "Copenhagen",
    "Egypt": "Cairo",
    "Ghana": "Accra",
    "Hungary": "Budapest",
    "Japan": "Tokyo",
    "Kenya": "Nairobi",
    "Norway": "Oslo",
    "Peru": "Lima",
}
ROWS = [{"prompt": f"{country}:", "completion": f" {city}"} for country, city in CAPITALS.items()]
TEXTS = {"prompt": "prompt", "completion": "completion"}
SETTINGS = {"learning_rate": "1e-2", "batch_size": "10", "epochs": "60"}
TASK: TextGeneration = find_task("text-generation")  # type: ignore[assignment]


def config(start: Path, rows: Path, output: Path, columns: dict[str, str] = TEXTS, **settings: str) -> dict[str, Any]:
    dataset = {"train": rows.as_uri(), "columns": columns}
    wanted = {"task": "text-generation", "dataset": dataset, "hyperparameters": SETTINGS | settings}
    return train_config(start, rows, output, **wanted)


def judged(candidate: Path, rows: Path, served: Path | None = None, columns: Any = TEXTS, **gate: Any) -> Any:
    dataset = {"holdout": rows.as_uri(), "columns": columns}
    changes = {"task": "text-generation", "dataset": dataset, "gate": gate}
    return judge(json.dumps(judge_config(candidate, rows, served, **changes)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained decoder, the capitals as rows, and the decoder that has learnt them."""
    folder = tmp_path_factory.mktemp("capitals")
    write_rows(folder / "rows.jsonl", ROWS)
    start = make_decoder(folder / "start")
    train(json.dumps(config(start, folder / "rows.jsonl", folder / "out")))
    return folder


def test_answers_are_learnt_and_compared_row_by_row(folder: Path) -> None:
    report = judged(folder / "out", folder / "rows.jsonl", folder / "start", metric="exact_match")
    candidate, served = (report[name]["metrics"] for name in ("candidate", "served"))
    print(candidate)
    assert served["exact_match"] == 0 and candidate["exact_match"] > 0.7 and candidate["loss"] < 0.5 < served["loss"]
    assert report["difference"]["method"] == "exact McNemar"
    assert report["difference"]["differing"] == round(10 * candidate["exact_match"])
    assert report["directions"] == {
        "loss": "Lower",
        "perplexity": "Lower",
        "bits_per_byte": "Lower",
        "exact_match": "Higher",
        "contains": "Higher",
    }


def test_loss_perplexity_and_bits_are_of_the_same_answers(folder: Path) -> None:
    report = judged(folder / "start", folder / "rows.jsonl", metric="loss")
    found = report["candidate"]["metrics"]
    size = sum(len(row["completion"]) for row in ROWS)
    tokens = size + len(ROWS)  # a byte each, and the end
    assert sorted(found) == ["bits_per_byte", "loss", "perplexity"]
    assert found["perplexity"] == pytest.approx(math.exp(found["loss"]), rel=1e-4)
    assert found["bits_per_byte"] == pytest.approx(found["loss"] * tokens / math.log(2) / size, rel=1e-4)


def test_the_loss_is_the_networks_own(folder: Path) -> None:
    """Row by row, without padding, as transformers computes it."""
    model = TASK.load(folder / "out")
    rows = [Row(row) for row in ROWS]
    batches = [TASK.collator(model)([one]) for one in TASK.encode(model, rows)]
    with torch.inference_mode():
        own = [float(model.network(**batch).loss) for batch in batches]
    asked = replace(TASK, judging=judging("loss"))
    found = asked.predict(model, rows)
    assert [one.value["nll"] / one.value["tokens"] for one in found] == pytest.approx(own, rel=0.05, abs=0.01)


def judging(metric: str) -> Any:
    from refit_trainer.tasks.components.answer_metrics import Judging

    return Judging(metric, None, False)


@pytest.mark.parametrize("metric", ["loss", "perplexity", "bits_per_byte"])
def test_a_likelihood_has_bounds(folder: Path, metric: str) -> None:
    report = judged(folder / "out", folder / "rows.jsonl", folder / "start", metric=metric)
    difference = report["difference"]
    assert difference["method"] == "paired bootstrap by input" and difference["high"] < 0
    numbers = [report[name]["metrics"][metric] for name in ("candidate", "served")]
    assert difference["value"] == pytest.approx(numbers[0] - numbers[1], abs=1e-3)


def test_a_pattern_finds_the_answer_and_choices_are_weighed(folder: Path, tmp_path: Path) -> None:
    cities = [row["completion"] for row in ROWS]
    rows = [row | {"choices": [cities[i - 1], row["completion"], cities[i - 2]]} for i, row in enumerate(ROWS)]
    path, columns = write_rows(tmp_path / "rows.jsonl", rows), TEXTS | {"choices": "choices"}
    generation = {"maxNewTokens": 16, "answerPattern": "[A-Z]"}
    report = judged(folder / "out", path, None, columns, metric="choice_accuracy", generation=generation)
    found = report["candidate"]["metrics"]
    assert found["choice_accuracy"] > 0.8 and found["regex_match"] >= found["contains"] >= found["exact_match"]
    start = judged(folder / "start", path, None, columns, metric="choice_accuracy")["candidate"]["metrics"]
    assert start["choice_accuracy"] < 0.8 and "exact_match" not in start


@pytest.mark.parametrize("packing", ["0", "160"])
def test_a_chat_is_learnt_by_the_models_template(tmp_path: Path, packing: str) -> None:
    rows = [
        {"messages": [{"role": "user", "content": country}, {"role": "assistant", "content": city}]}
        for country, city in CAPITALS.items()
    ]
    path, columns = write_rows(tmp_path / "rows.jsonl", rows), {"messages": "messages"}
    start = make_decoder(tmp_path / "start", "Qwen2")
    packs = {"batch_size": "4"} if packing != "0" else {}
    train(json.dumps(config(start, path, tmp_path / "out", columns, packing=packing, **packs)))
    found = judged(tmp_path / "out", path, None, columns, metric="exact_match")["candidate"]["metrics"]
    print(found)
    assert found["exact_match"] > 0.7


@pytest.mark.parametrize(
    ("gate", "columns", "words"),
    [
        ({"metric": "choice_accuracy"}, TEXTS, "gate.metric='choice_accuracy' needs dataset.columns.choices"),
        ({"metric": "regex_match"}, TEXTS, "gate.metric='regex_match' needs gate.generation.answerPattern"),
        ({"metric": "contains", "generation": {"answerPattern": "("}}, TEXTS, "gate.generation.answerPattern='\\('"),
        ({"metric": "bleu"}, TEXTS, "gate.metric='bleu': text-generation has loss, perplexity, bits_per_byte, exact_"),
        ({"metric": "loss"}, {"text": "text"}, "unknown role; this task has prompt, completion, .*, or messages"),
        (
            {"metric": "contains", "generation": {"maxNewTokens": 256}},
            TEXTS,
            "maxNewTokens=256 .*: the model takes 256",
        ),
    ],
)
def test_what_a_gate_cant_ask_is_refused_by_its_field(folder: Path, gate: Any, columns: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        judged(folder / "out", folder / "rows.jsonl", None, columns, **gate)


def test_losses_by_other_tokens_are_not_compared(folder: Path, tmp_path: Path) -> None:
    other = make_decoder(tmp_path / "other", tokenizer=make_byte_tokenizer(words=("Vienna",)))
    tokens = sum(len(row["completion"]) + 1 for row in ROWS)
    words = rf"different tokens \({tokens} and {tokens - len('Vienna') + 1}\), and loss is by token: use bits_per_byte"
    with pytest.raises(BadInput, match=words):
        judged(folder / "out", folder / "rows.jsonl", other, metric="loss")
    assert judged(folder / "out", folder / "rows.jsonl", other, metric="bits_per_byte")["difference"]["high"] < 0


def test_answers_are_greedy_or_drawn_by_a_seed_whatever_the_folder_says(folder: Path) -> None:
    model = TASK.load(folder / "start")
    model.network.generation_config.update(do_sample=True, temperature=2.0)
    rows = [Row({"prompt": row["prompt"]}) for row in ROWS]

    def answers(**how: Any) -> list[Any]:
        task = replace(TASK, generation=Generation.model_validate({"maxNewTokens": 8} | how))
        return [one.value for one in task.predict(model, rows)]

    assert answers() == answers() == answers(seed=1)
    drawn = answers(temperature=1)
    assert drawn == answers(temperature=1) != answers(temperature=1, seed=1)
    assert drawn != answers()


def test_a_prompt_that_is_too_long_loses_its_beginning_and_is_counted(folder: Path) -> None:
    model = TASK.load(folder / "out")
    rows = [Row({"prompt": "Once more: " * 40 + "Japan:", "completion": " Tokyo"}), Row(ROWS[0])]
    assert TASK.count_cut(model, rows) == 1
    assert max(len(one["input_ids"]) for one in TASK.encode(model, rows)) == 256
    assert all(one.value is not None for one in TASK.predict(model, rows))


def test_adapters_are_merged_or_kept_beside_the_merged_weights(folder: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    lora = {"method": "lora", "rank": "4", "keep_adapter": "true", "learning_rate": "5e-3", "epochs": "4"}
    report = train(json.dumps(config(folder / "out", folder / "rows.jsonl", tmp_path / "out", **lora)))
    assert 0 < report["metrics"]["trained_share"] < 0.3
    base, merged = TASK.load(folder / "out"), TASK.load(tmp_path / "out")
    ids = torch.tensor([TASK.encode(base, [Row(ROWS[0])])[0]["input_ids"]])
    embeddings = [model.network.get_input_embeddings().weight for model in (base, merged)]
    heads = [model.network.get_output_embeddings().weight for model in (base, merged)]
    assert embeddings[0].equal(embeddings[1]) and heads[0].equal(heads[1])
    with torch.inference_mode():
        before, after = (model.network.eval()(input_ids=ids).logits for model in (base, merged))
        adapted = PeftModel.from_pretrained(base.network, tmp_path / "out" / "adapter").eval()
        torch.testing.assert_close(adapted(input_ids=ids).logits, after, rtol=1e-4, atol=1e-4)
    assert float((before - after).abs().max()) > 0.01
    named = json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text())
    assert named["base_model_name_or_path"] is None and named["auto_mapping"] is None
    plain = train(json.dumps(config(folder / "out", folder / "rows.jsonl", tmp_path / "plain", method="lora")))
    assert not (tmp_path / "plain" / "adapter").exists() and plain["digest"] != report["digest"]


def test_an_adapter_that_names_another_model_is_refused(folder: Path, tmp_path: Path) -> None:
    lora = {"method": "lora", "keep_adapter": "true", "epochs": "1"}
    train(json.dumps(config(folder / "out", folder / "rows.jsonl", tmp_path / "out", **lora)))
    path = tmp_path / "out" / "adapter" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": "someone/else"}))
    with pytest.raises(BadInput, match="adapter_config\\.json names another model to load"):
        judged(tmp_path / "out", folder / "rows.jsonl", metric="loss")


@pytest.mark.parametrize("kind", ["GPT2", "Qwen2"])
def test_tied_embeddings_stay_where_adapters_learn_in_bfloat16(kind: str, folder: Path, tmp_path: Path) -> None:
    start = make_decoder(tmp_path / "start", kind)
    lora = {"method": "lora", "frozen_dtype": "bfloat16", "learning_rate": "2e-2", "epochs": "40"}
    train(json.dumps(config(start, folder / "rows.jsonl", tmp_path / "out", **lora)))
    losses = [judged(tmp_path / name, folder / "rows.jsonl", metric="loss") for name in ("start", "out")]
    before, after = (report["candidate"]["metrics"]["loss"] for report in losses)
    assert after < before - 0.3  # the embeddings are untrained and stay so: little more can be learnt
    weights = [TASK.load(tmp_path / name).network.get_input_embeddings().weight for name in ("start", "out")]
    assert weights[1].equal(weights[0].bfloat16().float())


def test_recomputed_activations_give_the_same_weights(folder: Path, tmp_path: Path) -> None:
    digests = {}
    for wish in ("on", "off"):
        short = {"epochs": "3", "gradient_checkpointing": wish}
        digests[wish] = train(json.dumps(config(folder / "start", folder / "rows.jsonl", tmp_path / wish, **short)))
    assert digests["on"]["digest"] == digests["off"]["digest"]


def test_activations_are_recomputed_where_a_gpus_memory_is_short(folder: Path) -> None:
    """No GPU is here: its error stands for it."""
    from refit_trainer.training.activations import recompute_where_needed

    network = TASK.load(folder / "start").network

    def fail() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    for wish in ("off", "on"):
        with pytest.raises(torch.OutOfMemoryError):
            recompute_where_needed(network, wish, fail)  # type: ignore[arg-type]
    network.activation_checkpointing_disable()
    recompute_where_needed(network, "auto", fail)
    assert network.is_activation_checkpointing


def test_after_a_kill_a_packed_training_ends_with_the_same_weights(folder: Path, tmp_path: Path) -> None:
    settings = config(folder / "start", folder / "rows.jsonl", tmp_path / "out", packing="64", batch_size="1")
    process = start_command("train", settings, tmp_path, REFIT_SAVE_SECONDS="0.01")
    assert process.stdout is not None
    while "state.saved" not in process.stdout.readline():
        assert process.poll() is None
    process.kill()
    finish(process, tmp_path)
    ended = run_command("train", settings, tmp_path)
    assert ended.code == 0 and "train.resumed step=" in ended.output, ended.output
    whole = run_command("train", settings | {"output": (tmp_path / "whole").as_uri()}, tmp_path)
    assert ended.message["digest"] == whole.message["digest"]


def test_packing_is_this_tasks_alone(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="hyperparameters: packing='64'"):
        train(json.dumps(train_config(tiny, train_rows, tmp_path / "out", hyperparameters={"packing": "64"})))


def test_what_is_no_decoder_is_refused(tiny: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="isn't a decoder"):
        train(json.dumps(config(tiny, folder / "rows.jsonl", tmp_path / "out")))


def test_an_answer_is_served_within_bounds_and_its_label_stored(serve: Serve, folder: Path) -> None:
    server = serve(MODEL_URI=pointer(folder / "out"), TASK="text-generation", HOLDOUT_SHARE="0").wait()
    answer = server.post("/v1/predict", id="a", prompt="Japan:")
    assert answer["label"] == "Tokyo" and 0.3 < answer["score"] <= 1
    assert server.post("/v1/feedback", id="a", label="Tokyo")["judged"]
    assert server.counts() == (1, 1, 1)
    chat = [{"role": "user", "content": "Japan"}]
    server.post("/v1/predict", id="b", prompt=chat)
    assert server.post("/v1/feedback", id="b", label="Tokyo")["stored"] == "train"
    kept = [{name: row[name] for name in ("prompt", "completion")} for row in server.rows()]
    assert kept == [{"prompt": "Japan:", "completion": "Tokyo"}, {"prompt": chat, "completion": "Tokyo"}]
    code, error = server.refused("/v1/predict", prompt=[{"role": "user"}])
    assert code == 422 and error == "prompt: message 1 has neither content nor tool_calls"


def test_a_served_answer_is_as_long_as_the_server_allows(serve: Serve, folder: Path) -> None:
    server = serve(MODEL_URI=pointer(folder / "out"), TASK="text-generation", MAX_NEW_TOKENS="4").wait()
    assert server.post("/v1/predict", prompt="Japan:")["label"] == "Tok"


@pytest.mark.parametrize(
    ("found", "truth", "same", "within"),
    [
        (" Oslo\n", "Oslo", True, True),
        ("oslo", "Oslo", False, False),
        ("It is Oslo.", "Oslo", False, True),
        ("New  York", "New York", True, True),
        ("", "Oslo", False, False),
    ],
)
def test_answers_are_the_same_but_for_blanks(found: str, truth: str, same: bool, within: bool) -> None:
    assert (is_same(found, truth), is_within(found, truth)) == (same, within)
    assert TASK.tally(found, truth).errors == float(not same)


@pytest.mark.parametrize(
    ("found", "right"),
    [("so 7, no: #### 12", True), ("#### 12 #### 13", False), ("12", False), ("", False)],
)
def test_by_a_pattern_the_last_match_counts(found: str, right: bool) -> None:
    assert is_same_by_pattern(found, "3 * 4 = 12 #### 12", r"#### (\d+)") is right


def test_the_worst_rows_are_explained(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_REPORT", "on")
    train(json.dumps(config(folder / "start", folder / "rows.jsonl", tmp_path / "out", epochs="1")))
    judged(tmp_path / "out", folder / "rows.jsonl", metric="exact_match")
    page, card = (tmp_path / "out" / "report.html").read_text(), (tmp_path / "out" / "README.md").read_text()
    assert "The rows with the most errors" in page and "Coloured by integrated gradients" not in page
    assert sum(city in page for city in CAPITALS.values()) >= 4
    assert "pipeline_tag: text-generation" in card


def test_a_wrong_answer_is_one_error() -> None:
    rows = [Row({"prompt": "a", "completion": text}) for text in ("b", "c")]
    task = replace(TASK, judging=replace(judging("exact_match"), generation=Generation()))
    found = [Prediction({"nll": 2.0, "tokens": 2, "bytes": 1, "text": text}, 0.5) for text in ("b", "the c")]
    assert task.measure(rows, found) == {
        "loss": 1.0,
        "perplexity": math.e,
        "bits_per_byte": pytest.approx(4 / math.log(2) / 2),
        "exact_match": 0.5,
        "contains": 1.0,
    }


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("loss", 3.0),
        ("perplexity", math.exp(9 / 5)),
        ("bits_per_byte", 1.5 / math.log(2)),
        ("exact_match", 1.0),
    ],
)
def test_one_input_counts_for_its_own_loss_in_a_bound(metric: str, unit: float) -> None:
    found = [Prediction({"nll": nats, "tokens": tokens, "bytes": 4}, 0.5) for nats, tokens in ((6.0, 2), (3.0, 3))]
    assert TASK.unit(metric, [], found) == pytest.approx(unit)
