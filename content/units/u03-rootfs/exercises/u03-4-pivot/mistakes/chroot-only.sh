# expect: chrooted
unshare --mount bash
chroot /srv/jail /bin/sh
