"""Forecast: what a run will cost, from the receipts of earlier runs; knows a rule only by its name and its cost law."""

from vspair.provenance.forecast.estimate import Estimate, Range, estimate, predict
from vspair.provenance.forecast.laws import Law, flat, read_laws
from vspair.provenance.forecast.plan import Task, plan
from vspair.provenance.forecast.records import Record, read_records
from vspair.provenance.forecast.render import render
from vspair.provenance.forecast.schedule import Work, bound, schedule
from vspair.provenance.forecast.totals import summary

__all__ = [
    "Estimate",
    "Law",
    "Range",
    "Record",
    "Task",
    "Work",
    "bound",
    "estimate",
    "flat",
    "plan",
    "predict",
    "read_laws",
    "read_records",
    "render",
    "schedule",
    "summary",
]
