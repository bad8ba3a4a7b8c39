"""Publishing: from a request to a post that is on the network exactly once.

``compose`` judges what is asked for, ``jobs`` and ``actions`` are what people do with it,
``due``, ``dispatcher`` and ``doorbell`` bring due jobs to workers, and ``delivery`` takes one job
through stage, mark, publish and find, writing ``ledger`` as it goes.
"""
