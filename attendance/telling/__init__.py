"""Telling guardians of unexplained absences, by e-mail; and the reasons that they give by the mail's link."""
