"""Tests of the files of the lower tiers: Parquet and fingerprints."""
