"""`ORDER BY` a distance `LIMIT n`, answered from vector indexes where that is surely the same question."""
