"""Proof that the record was not changed: the form of the chain, signed checkpoints, bundles and their checker.

Nothing here knows Django or the database: the same code reads rows that come from the database and rows that come from
a bundle.
"""
