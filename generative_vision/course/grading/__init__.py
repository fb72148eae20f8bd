"""Grading: who handed in what, how a submission is run and marked, and what comes out of it."""
