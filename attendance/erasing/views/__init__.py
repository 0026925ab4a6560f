"""Pages of erasures: of students for the school, of whole schools for the portal's operator."""
