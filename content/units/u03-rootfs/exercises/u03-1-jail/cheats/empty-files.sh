# Names without programs.
mkdir -p /srv/jail/bin
cp /bin/busybox /srv/jail/bin/sh
touch /srv/jail/bin/ls /srv/jail/bin/cat /srv/jail/bin/ps
chroot /srv/jail /bin/sh
