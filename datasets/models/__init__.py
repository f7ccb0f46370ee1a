"""The tables of `datasets`."""

from datasets.models.class_merge import ClassMerge
from datasets.models.compared import ComparedPair, ElementDelta, ElementTally, PairDelta, PairTally
from datasets.models.dataset import Dataset, LabelClass, Split
from datasets.models.item import Asset, Item, ItemWords, Lane, Rendition, Status
from datasets.models.item_class import ItemClass
from datasets.models.member import Invitation, Membership
from datasets.models.policy import Policy
from datasets.models.resettlement import Resettlement
from datasets.models.saved_view import SavedView
from datasets.models.split_assignment import SplitAssignment
from datasets.models.tally import BucketTally, LabelTally, StandingTally, Tally, TallyDelta
from datasets.models.waiting import Waiting

__all__ = [
    "Asset",
    "BucketTally",
    "ClassMerge",
    "ComparedPair",
    "Dataset",
    "ElementDelta",
    "ElementTally",
    "Invitation",
    "Item",
    "ItemClass",
    "ItemWords",
    "LabelClass",
    "LabelTally",
    "Lane",
    "Membership",
    "PairDelta",
    "PairTally",
    "Policy",
    "Rendition",
    "Resettlement",
    "SavedView",
    "Split",
    "SplitAssignment",
    "StandingTally",
    "Status",
    "Tally",
    "TallyDelta",
    "Waiting",
]
