"""Sections and figures arranged on one HTML page."""
