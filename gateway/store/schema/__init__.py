"""The numbered scripts that make and migrate the database; `store` runs those it has not run."""
