# expect: dynamic
mkdir -p /srv/jail/bin
cp /bin/bash /srv/jail/bin/sh
chroot /srv/jail /bin/sh
