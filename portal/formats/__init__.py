"""How a language writes the dates of our pages: one package for each, which Django asks before it asks its own.

Templates say `date:"D j M"`. A language whose days or months stand otherwise gives, under that very text as a name, its
own format; where it gives none, the template's holds.
"""
