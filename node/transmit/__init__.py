"""Transmit: the outbox that loses nothing, the session that carries it, the inbox that hears back.

    outbox    records on disk until the gateway's receipt; groups their commits; frames them once
      bounds    how much is kept, and how often it is made durable
      group     records on their way to the disk together
      framing   rows of one series into one payload, as many as fit
      raw       windows, one a message
      owed      receipts that a disk which refuses has not noted
      picking   which frames go next
      shelf     what is on disk, with a picture of its frames in memory
      store     the tables, and the statements that touch them
      packs     the records among them: one row for what one commit brought
      layout_1  what older nodes left behind, brought to the present tables
      thinning  what a full outbox lets go (pure)
    session   one MQTT 5 connection; publishes frames, hands what arrives to the inbox
      dialer    from a name to a connection, within a deadline
      link      that connection on paho, without a thread
      window    which frames are on their way (pure)
      tally     what went over the air, by the kernel's count
      waker     ends a wait, from a signal handler
      poison    what is held against a frame that ends sessions
      backoff   when to try again (pure)
      tls       whom to trust
      renewal   a new certificate for the old one
        request    a key, and the wish to have it signed
        enrolment  one question to the gateway, before there is a broker
        validity   from when until when a certificate counts (pure)
      broker    which one, and how patient to be
    inbox     desired state and pieces of files, stored before they are acted on; receipts
      assembly  which pieces of a file are here (pure)
    uplink    when the link is used, and what is said besides records
      schedule  how often (pure)
      dry       a session that only tells
    ranges    sets of seqs, written shortly (pure)

A record leaves the outbox when the gateway says that it has committed it: a PUBACK is not a delivery.
"""
