# expect: own-namespaces
unshare --pid --fork chroot /srv/jail /bin/sh
mount -t proc proc /proc
