"""Tests of the cold tier, against real SQLite catalogs in temporary folders."""
