"""Date formats by language: one package for each, which Django reads before its own.

Templates say `date:"D j M"`. A language with another order of day and month gives its own format under that very text
as a name; if it gives none, the template's applies.
"""
