# expect: wrong-flag
chroot /srv/jail /bin/sh
mount -t proc proc /proc
cat /flag
#: answer flag=not this one
