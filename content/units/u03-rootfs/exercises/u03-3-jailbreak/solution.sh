chroot /srv/jail /bin/sh
mount -t proc proc /proc
ps
#: until look
labtool chroot-escape /bin/bash
cat /flag
#: answer flag={{flag}}
