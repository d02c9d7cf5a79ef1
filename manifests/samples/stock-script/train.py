"""Fine-tune a text classifier with the Hugging Face Trainer. Nothing in here knows where it runs."""

from dataclasses import dataclass

from datasets import load_dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
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
rows = load_dataset("json", data_dir=inputs.train_dir, split="train").class_encode_column("label")
labels = rows.features["label"].names
tokenizer = AutoTokenizer.from_pretrained(inputs.model_name_or_path)
model = AutoModelForSequenceClassification.from_pretrained(
    inputs.model_name_or_path, id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)}
)
trainer = Trainer(
    model=model,
    args=arguments,
    train_dataset=rows.map(lambda batch: tokenizer(batch["text"], truncation=True), batched=True),
    data_collator=DataCollatorWithPadding(tokenizer),
    processing_class=tokenizer,
)
trainer.train()
trainer.save_model()
