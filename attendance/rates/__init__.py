"""Rates and registers as reports, pages and notices read them: selectors over both stores."""
