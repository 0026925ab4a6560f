"""API tokens: with one of them a program uses the API in its owner's name."""
