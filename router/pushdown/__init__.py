"""Which part of a planned statement another engine can do, and the statement that remains.

A SELECT over tables is divided where rows become few: FROM, WHERE, groups and aggregates become SQL for Daft;
the select list, HAVING, ORDER BY and the rest stay with DuckDB, which reads the groups as a table. What is
pushed down stands on an allow-list: both engines were seen to give the same for it.
"""
