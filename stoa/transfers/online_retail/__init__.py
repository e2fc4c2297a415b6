"""A year of a real retailer's trade (Online Retail, UCI) sold through Stoa, and reconciled with its file."""

from stoa.transfers.online_retail.reading import refuse_other_files
from stoa.transfers.online_retail.replaying import Replayed, Stage, replay
from stoa.transfers.online_retail.report import as_json

__all__ = ["Replayed", "Stage", "as_json", "refuse_other_files", "replay"]
