# The right answer, a jailed shell, and nobody who came out.
chroot /srv/jail /bin/sh
mount -t proc proc /proc
#: answer flag={{flag}}
#: terminal second
chroot / /bin/bash
cat /flag
