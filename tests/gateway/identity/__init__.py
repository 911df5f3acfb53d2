"""The site's authority, and those who are known to it."""
