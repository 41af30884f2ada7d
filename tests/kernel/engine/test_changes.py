"""`docker diff` against a container that plays with what is looked at."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.kernel


def test_links_are_shown_and_never_followed(own):
    links = "ln -s /etc /made; ln -s / /root/up; rm -r /home; ln -s /bin /home"
    own.all.ask("run", "--name", "c1", "box:1", "sh", "-c", links)
    shown = set(own.all.ask("diff", "c1").splitlines())
    assert shown == {"A /made", "C /root", "A /root/up", "C /home"}


def test_too_deep_a_tree_is_refused_with_the_reason(own):
    deep = "i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done"
    own.all.ask("run", "--name", "c2", "-w", "/root", "box:1", "sh", "-c", deep)
    refused = own.all.docker("diff", "c2")
    assert refused.returncode == 1
    assert b"more than 256 directories within each other" in refused.stderr
