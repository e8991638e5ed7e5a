"""The cases, a module for each group. A class without a suffix runs everywhere; one whose name ends with
`InProcess` looks inside the host, ends its process or closes the lake, and runs in this process only.

Hosts on Ray are sent a part's classes with their module: these use nothing else of the tests.
"""
