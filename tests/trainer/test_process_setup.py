"""What a process sets for the libraries: seen in a process of its own, since they read it when they are imported."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.trainer.commands import environment

TOKENIZE = """
import os, sys
from refit_trainer.contract.process_setup import set_defaults

set_defaults()
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
before = len(os.listdir("/proc/self/task"))
tokenizer(["a lovely film"] * 1000)
print(len(os.listdir("/proc/self/task")) - before)
"""


def test_texts_are_tokenized_by_threads(tiny: Path, tmp_path: Path) -> None:
    variables = environment(tmp_path)
    variables.pop("TOKENIZERS_PARALLELISM", None)
    found = subprocess.run([sys.executable, "-c", TOKENIZE, str(tiny)], env=variables, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) >= min(2, os.cpu_count() or 1)
