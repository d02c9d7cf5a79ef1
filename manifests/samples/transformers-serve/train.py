"""Teach a language model which word comes next, with the Hugging Face Trainer. Nothing in here knows where it runs.

A row is a list of words, `items`, and the word that came `next`. The words that the model knows are in `items.json`, by
which the judge reads its answers.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from datasets import load_dataset
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    HfArgumentParser,
    Trainer,
    TrainingArguments,
)


@dataclass
class Inputs:
    """What to start from and what to learn from."""

    model_name_or_path: str
    train_dir: str


inputs, arguments = HfArgumentParser((Inputs, TrainingArguments)).parse_args_into_dataclasses()
tokenizer = AutoTokenizer.from_pretrained(inputs.model_name_or_path)
rows = load_dataset("json", data_dir=inputs.train_dir, split="train")
encoded = rows.map(lambda row: tokenizer(" ".join([*row["items"], row["next"]])), remove_columns=rows.column_names)
trainer = Trainer(
    model=AutoModelForCausalLM.from_pretrained(inputs.model_name_or_path),
    args=arguments,
    train_dataset=rows.map(
        lambda row: tokenizer(" ".join([*row["items"], row["next"]])), remove_columns=rows.column_names
    ),
    data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False),
    processing_class=tokenizer,
)
trainer.train()
trainer.save_model()
shutil.copy(Path(inputs.model_name_or_path, "items.json"), arguments.output_dir)
