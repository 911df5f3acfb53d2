"""Setup: what a person asks of a node, and what the machine is given for it.

`doctor` looks the machine over, `household` what there is of energy, `trial` whether the model fits what it is shown;
`outlook` says what a configuration will cost, and `status` what it did; `enrol` gets a certificate; `unit` prints the
systemd units and `rights` what is lent to a node without root.
"""
