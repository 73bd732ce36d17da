"""The worker: keeps the tallies and rounds of a ledger on Kafka running. It holds no arithmetic of its own.

Faust shares the partitions of the events among all workers. A `PartitionFold` holds the state of one partition,
which is the fold of that partition and nothing else, and puts the views that change on the compacted topics.
"""
