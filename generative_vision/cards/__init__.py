"""Cards: what must be known about a model or a data set before anybody uses it.

``measure`` finds out what can be measured, a ``Statement`` holds what somebody has to say, and
``model_card`` writes both as a page, ``checklist`` holds them against what a release needs.

Source: Mitchell et al. (2018), model cards, arXiv:1810.03993; Gebru et al. (2018), datasheets for
datasets, arXiv:1803.09010.
"""

from generative_vision.cards.checklist import Checklist, Item, checklist
from generative_vision.cards.data_card import data_card
from generative_vision.cards.facts import Facts, Measured, Statement, measure, shares, wilson
from generative_vision.cards.model_card import model_card
from generative_vision.cards.shipped import measure_shipped

__all__ = [
    "Checklist",
    "Facts",
    "Item",
    "Measured",
    "Statement",
    "checklist",
    "data_card",
    "measure",
    "measure_shipped",
    "model_card",
    "shares",
    "wilson",
]
