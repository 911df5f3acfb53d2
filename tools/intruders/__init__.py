"""Intruders: everybody who might speak at a site, trying everything, at a real broker; told by what arrives.

site       a site as `torpor-gateway init` makes it, and a certificate for everybody
speaker    an MQTT client that does as it is told
access     roles and what they try at the broker
enrolment  what is tried to get a certificate
office     an authority and its desk, with a clock of one's own
"""
