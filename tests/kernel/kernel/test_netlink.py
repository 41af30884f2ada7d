"""Devices made over netlink, witnessed by iproute2 in both namespaces."""

from __future__ import annotations

import errno
import json
import os
import subprocess

import pytest

from deploy.kernel_probe import in_child
from sandbox.kernel import netlink
from sandbox.kernel.namespaces import CLONE, unshare

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]


def two_namespaces():
    """A child enters a new network namespace and keeps a descriptor of another new one."""
    unshare(CLONE.NEWNET)
    other = os.open("/proc/self/ns/net", os.O_RDONLY)
    unshare(CLONE.NEWNET)
    return other


def devices(*prefix):
    text = subprocess.check_output([*prefix, "ip", "-j", "addr"], text=True)
    return {device["ifname"]: device for device in json.loads(text)}


def test_a_pair_has_one_end_here_and_one_in_the_other_namespace():
    def paired():
        other = two_namespaces()
        os.set_inheritable(other, True)  # noqa: FBT003 os takes no keyword
        netlink.add_veth("here", "there", other)
        netlink.add_address("here", "10.9.8.1", 24)
        netlink.set_up("here")
        here = devices()["here"]
        inside = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{other}"]
        ends = [here["link_type"], "UP" in here["flags"], here["addr_info"][0]["local"]]
        before = sorted(devices(*inside))
        netlink.delete("here")
        return json.dumps([*ends, before, sorted(devices(*inside))])

    assert json.loads(in_child(paired)) == ["ether", True, "10.9.8.1", ["lo", "there"], ["lo"]]


def test_a_taken_name_and_a_missing_device_are_os_errors_that_name_it():
    def refused():
        other = two_namespaces()
        netlink.add_veth("here", "there", other)
        errors = []
        for attempt in (
            lambda: netlink.add_veth("here", "two", other),
            lambda: netlink.set_up("no"),
        ):
            try:
                attempt()
            except OSError as error:
                errors.append((error.errno, error.filename))
        return json.dumps(errors)

    assert json.loads(in_child(refused)) == [[errno.EEXIST, "here"], [errno.ENODEV, "no"]]
