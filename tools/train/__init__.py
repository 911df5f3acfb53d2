"""Train: how the models of the demo came to be, so that anybody can make them again.

Needs `torpor[train]` (TensorFlow, scikit-learn), which no node needs. Each model's own file says what it learns and
from what; `quantise.py` turns it into integers, `card.py` writes down what it is.
"""
