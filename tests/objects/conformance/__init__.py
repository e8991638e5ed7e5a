"""What every durable object is promised, case by case, in this process and on Ray.

parts/       the cases, a module for each group
worlds.py    what a case is given: a lake, its clock, and a hand on whoever hosts its objects
table.py     docs/objects-conformance.md, from what a run of the cases gave
"""
