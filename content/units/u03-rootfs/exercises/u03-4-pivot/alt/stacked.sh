# Both on the same place: the old root lies on top of the new one until it is detached.
unshare --mount --propagation private bash
mount --rbind /srv/jail /srv/jail
mount -t proc proc /srv/jail/proc
cd /srv/jail
pivot_root . .
exec /bin/busybox sh -c 'umount -l . && cd / && exec sh'
