"""Faults on purpose, on the user's own machine: does the lake keep what it promised?"""
