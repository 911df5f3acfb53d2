"""Power cuts: what a disk was asked to do, cut off anywhere, and whether what a node had promised is still there.

    log        writes and flushes of a disk, in order, and what a cut leaves of them (pure)
    cuts       where and how a trial is cut, drawn from a seed (pure)
    subject    something that keeps promises on a disk, and knows how to check them
      subjects   the node's own: a file each
      controls   broken variants of them, which must be caught
    tier       a way to run them, and whether this machine can
      blocks     the whole of it: ext4 on a loop device on a disk that logs (root, FUSE)
        disk       that disk: one file in a FUSE file system
        cell       a process with mounts of its own, which no end of it can leave behind
        worker     a subject's work, in a process of its own
      portable   SQLite and files, without root and without FUSE
        pages      the outbox, whose SQLite has a file system of ours that logs (apsw)
        files      all that is no SQLite: names and contents lose what was not synced
          witness    a subject's work, seen by the process that does it
          tree       what a cut leaves of names and contents (pure)

To add a subject: one file in `subjects` with a class that keeps the protocol, and one line in its table.
"""
