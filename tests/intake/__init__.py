"""Tests of intake and of the storage forms."""
