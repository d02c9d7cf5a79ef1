"""A small decision tree that answers as the model does, as far as words alone can tell."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

DEPTH = 3
WORDS = 300
FEWEST_ROWS = 40
FEWEST_TEXTS = 3  # that a word is in
FOLDS = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A question and its two answers, or a leaf: what most of its texts were answered as, and how many there are."""

    label: str
    share: float
    rows: int
    word: str = ""
    without: "Node | None" = None
    having: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Surrogate:
    """The tree, and the share of answers that it gives as the model does on texts that it wasn't fitted to."""

    root: Node
    fidelity: float


def fit_surrogate(texts: Sequence[str], answers: Sequence[str]) -> Surrogate | None:
    """Fit the tree to the model's answers; None where there are too few texts, or where words alone tell nothing."""
    most = max(Counter(answers).values(), default=0)
    if len(texts) < FEWEST_ROWS or not FOLDS <= most < len(texts):
        return None
    words = CountVectorizer(binary=True, max_features=WORDS, min_df=FEWEST_TEXTS)
    if not _have_common_word(texts, words.build_analyzer()):
        return None
    features = words.fit_transform(texts)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=max(3, len(texts) // 50), random_state=0)
    guessed = cross_val_predict(tree, features, list(answers), cv=FOLDS)
    fidelity = sum(guess == answer for guess, answer in zip(guessed, answers, strict=True)) / len(answers)
    if fidelity <= most / len(answers):
        return None
    tree.fit(features, list(answers))
    return Surrogate(_node(tree, list(words.get_feature_names_out()), 0), fidelity)


def _have_common_word(texts: Sequence[str], split: Callable[[str], list[str]]) -> bool:
    counts = Counter(word for text in texts for word in {*split(text)})
    return max(counts.values(), default=0) >= FEWEST_TEXTS


def _node(tree: DecisionTreeClassifier, words: Sequence[str], index: int) -> Node:
    inner = tree.tree_
    shares = inner.value[index][0] / inner.value[index][0].sum()
    best = int(shares.argmax())
    leaf = Node(str(tree.classes_[best]), float(shares[best]), int(inner.n_node_samples[index]))
    if inner.children_left[index] == -1:
        return leaf
    without, having = (_node(tree, words, int(child[index])) for child in (inner.children_left, inner.children_right))
    if not without.word and not having.word and without.label == having.label:
        return leaf
    return Node(leaf.label, leaf.share, leaf.rows, words[inner.feature[index]], without, having)
