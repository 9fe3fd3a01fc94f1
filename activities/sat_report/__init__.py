"""The site acceptance test report as a PDF that a city can file (P18)."""

from activities.sat_report.report import render

__all__ = ["render"]
