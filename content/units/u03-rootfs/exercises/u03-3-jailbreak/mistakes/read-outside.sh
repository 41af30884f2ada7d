# expect: nobody-escaped
chroot /srv/jail /bin/sh
mount -t proc proc /proc
#: terminal second
cat /flag
#: answer flag={{flag}}
