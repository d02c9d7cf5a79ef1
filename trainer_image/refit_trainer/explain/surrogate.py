"""A small decision tree over words that imitates the model: a global surrogate."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

DEPTH = 3
WORDS = 300
FEWEST_ROWS = 40
FEWEST_TEXTS = 3  # that a word is in
FOLDS = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A word that splits the texts, or a leaf: the most frequent prediction, its share, and the number of texts."""

    label: str
    share: float
    rows: int
    word: str = ""
    without: "Node | None" = None
    having: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Surrogate:
    """The tree, and its fidelity: the share of held-out texts for which it predicts what the model does."""

    root: Node
    fidelity: float


def fit_surrogate(texts: Sequence[str], predictions: Sequence[str]) -> Surrogate | None:
    """Fit the tree to the model's predictions; None for too few texts, or where words don't beat the majority."""
    most = max(Counter(predictions).values(), default=0)
    if len(texts) < FEWEST_ROWS or not FOLDS <= most < len(texts):
        return None
    words = CountVectorizer(binary=True, max_features=WORDS, min_df=FEWEST_TEXTS)
    if not _have_common_word(texts, words.build_analyzer()):
        return None
    features = words.fit_transform(texts)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=max(3, len(texts) // 50), random_state=0)
    guessed = cross_val_predict(tree, features, list(predictions), cv=FOLDS)
    fidelity = float(accuracy_score(list(predictions), guessed))
    if fidelity <= most / len(predictions):
        return None
    tree.fit(features, list(predictions))
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
