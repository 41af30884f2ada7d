"""How probes put into words what they wanted, for readers who do not know the format."""

from __future__ import annotations

from course.exercises.text import Text

KINDS = {
    "mnt": Text(zh="挂载命名空间", en="mount namespace"),
    "pid": Text(zh="PID 命名空间", en="PID namespace"),
    "pid_for_children": Text(zh="孩子的 PID 命名空间", en="its children's PID namespace"),
    "net": Text(zh="网络命名空间", en="network namespace"),
    "uts": Text(zh="UTS 命名空间", en="UTS namespace"),
    "ipc": Text(zh="IPC 命名空间", en="IPC namespace"),
    "user": Text(zh="用户命名空间", en="user namespace"),
    "cgroup": Text(zh="控制组命名空间", en="cgroup namespace"),
    "time": Text(zh="时间命名空间", en="time namespace"),
}
ITSELF = Text(zh="它自己的", en="its own")
INIT = Text(zh="实验机的", en="the sandbox's")


def relation(kind: str, other: str, *, same: bool) -> Text:
    """ "UTS namespace = the sandbox's", or ≠."""
    sign = "=" if same else "≠"
    owner = {"init": INIT, "self": ITSELF}.get(other, Text(zh=f"{other} 的", en=f"{other}'s"))
    return Text(zh=f"{KINDS[kind].zh} {sign} {owner.zh}", en=f"{KINDS[kind].en} {sign} {owner.en}")


def joined(parts: list[Text]) -> Text:
    """Several wishes in one line."""
    return Text(zh="，".join(part.zh for part in parts), en=", ".join(part.en for part in parts))


def about(name: str, text: Text) -> Text:
    """A statement about one process."""
    return Text(zh=f"{name}：{text.zh}", en=f"{name}: {text.en}")
