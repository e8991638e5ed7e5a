"""The Ray runtime: hosts on many machines, one lake. The only place that imports ray.

    client --> who owns the unit? (assignment) --> its seat's host --> shard or object --> reply
    keeper: watches the hosts; a dead or frozen one is replaced by a warm spare, which claims its units

Ray places processes, supervises them and carries messages. Who owns what is in the object store, and a file
belongs to whoever claimed its last epoch: see core/placement.py, tiers/assignments.py, tiers/epochs.py.
"""
