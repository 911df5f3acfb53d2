"""Setup: what a person asks of a node before it runs, and what the machine is given for it.

`doctor` looks the machine over, `household` what there is of energy, `outlook` says what a configuration will cost;
`enrol` gets a certificate; `unit` prints the systemd units and `rights` what is lent to a node without root.
"""
