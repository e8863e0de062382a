"""Estimand and its peers on the very same arrays: see ../README.md."""
