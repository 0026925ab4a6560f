"""Bounces: mails that a mail server took and gave back later, read from its reports."""
