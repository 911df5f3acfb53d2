"""What `torpor new` begins is what the checks will ask for."""
