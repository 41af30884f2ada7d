# A mount namespace and a chroot, with the old root one step away.
unshare --mount bash
mount --bind /srv/jail /srv/jail
mount -t proc proc /srv/jail/proc
chroot /srv/jail /bin/sh
