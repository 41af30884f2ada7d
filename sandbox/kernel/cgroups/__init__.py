"""Control groups of version 1, version 2 and both at once behind one Group, cgroups(7).

Neutral words (memory limit, oom kills, cpu quota, throttled, pids max, hits, frozen) replace the
files of either version. Version 2 has no device list without a BPF program: that is not offered.
"""
