"""Pages: each authorises, validates, calls one service and answers."""
