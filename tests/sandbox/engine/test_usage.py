"""What /proc/PID/net/dev says of a container's devices."""

from __future__ import annotations

from sandbox.engine.usage import Traffic, parsed

SAID = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop ...
    lo: 100 2 0 0 0 0 0 0 100 2 0 0 0 0 0 0
  eth0: 320 4 1 2 0 0 0 0 80 1 3 4 0 0 0 0
a:b: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0
  eth1: 320 4
"""


def test_every_device_but_loopback_is_told_of_and_a_cut_off_line_is_not():
    found = parsed(SAID)
    assert found["eth0"] == Traffic((320, 4, 1, 2), (80, 1, 3, 4))
    assert set(found) == {"eth0", "a:b"}
