"""Answers that a test writes for the calls of the code under test."""
