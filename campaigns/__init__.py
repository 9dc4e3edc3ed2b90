"""Campaigns: what takes too long for the test command, seeded and resumable, each with a dated table of results.

``python -m campaigns NAME`` runs one; a small share of each runs among the tests.
"""
