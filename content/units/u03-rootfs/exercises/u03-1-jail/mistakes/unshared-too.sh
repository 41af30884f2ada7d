# expect: own-namespace
mkdir -p /srv/jail/bin
cp /bin/busybox /srv/jail/bin/
for name in $(busybox --list | grep -vx busybox); do ln -s busybox /srv/jail/bin/$name; done
unshare --mount chroot /srv/jail /bin/sh
