"""Mounts, namespaces and ids, witnessed by findmnt, stat and /proc from within the same child."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from deploy.kernel_probe import BASE, Differs, in_child, in_user_namespace, open_user_namespace
from sandbox.kernel import mount as mounts
from sandbox.kernel.mount import AT, AT_FDCWD, FSCONFIG, MNT, MOUNT_ATTR, MOVE_MOUNT, MS, OPEN_TREE
from sandbox.kernel.namespaces import CLONE, sethostname, setns, unshare

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]


def witness(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_a_refused_mount_names_errno_and_target():
    with pytest.raises(FileNotFoundError) as refused:
        mounts.mount("tmpfs", "/nowhere", "tmpfs", MS.NODEV)
    assert refused.value.filename == "/nowhere"


def test_a_mount_has_the_flags_and_options_it_was_given(tmp_path):
    def mounted():
        mounts.mount("mine", str(tmp_path), "tmpfs", MS.NODEV | MS.NOSUID, "size=64k,mode=700")
        return witness("findmnt", "-J", "-o", "SOURCE,FSTYPE,OPTIONS", str(tmp_path))

    (found,) = json.loads(in_child(mounted))["filesystems"]
    assert (found["source"], found["fstype"]) == ("mine", "tmpfs")
    assert {"nosuid", "nodev", "size=64k", "mode=700"} <= set(found["options"].split(","))


def test_an_unmounted_place_is_the_place_below_again(tmp_path):
    def unmounted():
        mounts.mount("tmpfs", str(tmp_path), "tmpfs", 0)
        mounts.umount2(str(tmp_path), MNT.DETACH)
        return str(os.path.ismount(tmp_path))

    assert in_child(unmounted) == "False"


def test_the_new_mount_interface_builds_a_detached_mount_and_attaches_it(tmp_path):
    def attached():
        context = mounts.fsopen("tmpfs")
        mounts.fsconfig(context, FSCONFIG.SET_STRING, "size", "1m")
        mounts.fsconfig(context, FSCONFIG.CMD_CREATE)
        made = mounts.fsmount(context, attr_flags=MOUNT_ATTR.NOEXEC)
        mounts.move_mount(made, "", AT_FDCWD, str(tmp_path), MOVE_MOUNT.F_EMPTY_PATH)
        return witness("findmnt", "-no", "FSTYPE,OPTIONS", str(tmp_path))

    found = in_child(attached)
    assert found.startswith("tmpfs")
    assert "noexec" in found
    assert "size=1024k" in found


def test_a_wrong_option_of_a_file_system_names_the_option():
    def refused():
        mounts.fsconfig(mounts.fsopen("tmpfs"), FSCONFIG.SET_STRING, "no_such_option", "1")
        return "accepted"

    with pytest.raises(Differs, match="no_such_option"):
        in_child(refused)


def test_an_idmapped_clone_shows_the_layers_files_with_the_containers_ids(tmp_path):
    (tmp_path / "file").touch()

    def shown():
        tree = mounts.open_tree(AT_FDCWD, str(tmp_path), OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC)
        namespace = open_user_namespace()
        mounts.mount_setattr(
            tree,
            "",
            AT.EMPTY_PATH,
            attr_set=MOUNT_ATTR.IDMAP | MOUNT_ATTR.RDONLY,
            userns_fd=namespace,
        )
        mounts.move_mount(tree, "", AT_FDCWD, str(tmp_path), MOVE_MOUNT.F_EMPTY_PATH)
        return witness("stat", "-c", "%u", str(tmp_path / "file"))

    assert int(in_child(shown)) == BASE + os.getuid()
    assert (tmp_path / "file").stat().st_uid == os.getuid()


def test_after_pivot_root_the_old_root_is_gone(tmp_path):
    def pivoted():
        mounts.mount("tmpfs", str(tmp_path), "tmpfs", 0)
        (tmp_path / "inside").touch()
        os.chdir(tmp_path)
        mounts.pivot_root(".", ".")
        mounts.umount2(".", MNT.DETACH)
        os.chdir("/")
        return " ".join(os.listdir("/"))

    assert in_child(pivoted) == "inside"


def test_a_hostname_set_in_a_new_uts_namespace_stays_there():
    before = witness("uname", "-n")

    def named():
        unshare(CLONE.NEWUTS)
        sethostname("box-42")
        return witness("uname", "-n")

    assert in_child(named) == "box-42\n"
    assert witness("uname", "-n") == before


def test_setns_enters_the_namespace_behind_a_descriptor():
    def entered():
        host = os.open("/proc/self/ns/uts", os.O_RDONLY)
        unshare(CLONE.NEWUTS)
        apart = os.readlink("/proc/self/ns/uts")
        setns(host, CLONE.NEWUTS)
        return f"{apart != os.readlink('/proc/self/ns/uts')} {os.readlink('/proc/self/ns/uts')}"

    assert in_child(entered) == f"True {os.readlink('/proc/self/ns/uts')}"


def test_a_user_namespace_has_the_ids_that_were_mapped():
    text = in_user_namespace(0, lambda: Path("/proc/self/uid_map").read_text(encoding="ascii"))
    assert text.split() == ["0", str(BASE), "65536"]
