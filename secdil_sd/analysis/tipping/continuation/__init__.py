"""Continuation over plain arrays: roots of a family of systems followed along its parameter."""
