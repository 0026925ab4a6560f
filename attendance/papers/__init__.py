"""Papers: registers as printed pages (PDF), set by typst from data, with names in any script."""
