# Looks for power over control groups beyond what a lab was given; prints what succeeded.
mkdir -p /tmp/at
for controller in devices freezer cpuset blkio net_cls net_prio perf_event hugetlb; do
    if mount -t cgroup -o "$controller" none /tmp/at 2>/dev/null; then
        for file in release_agent tasks cgroup.procs devices.allow freezer.state cpuset.sched_load_balance; do
            [ -e "/tmp/at/$file" ] || continue
            [ "$file" = release_agent ] && echo "release_agent of $controller"
            (: >> "/tmp/at/$file") 2>/dev/null && echo "writable $controller $file"
        done
        mkdir /tmp/at/made 2>/dev/null && echo "made a group in $controller" && rmdir /tmp/at/made
        umount /tmp/at
    fi
done
mount -t cgroup -o none,name=attack none /tmp/at 2>/dev/null && echo "made a hierarchy"
for tree in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -d "$tree" ] || continue
    [ -e "$tree/release_agent" ] && echo "release_agent in $tree"
    for file in memory.limit_in_bytes memory.memsw.limit_in_bytes memory.oom_control memory.max \
        pids.max cpu.cfs_quota_us cpu.max cgroup.max.descendants notify_on_release; do
        [ -e "$tree/$file" ] || continue
        (: >> "$tree/$file") 2>/dev/null && echo "writable $tree/$file"
    done
done
echo done
