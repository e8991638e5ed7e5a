"""`python -m thermocline.benchmarks`: speed as ratios to the same work done directly, in the same run."""
