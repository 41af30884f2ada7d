mkdir -p /srv/jail/bin
cp /bin/busybox /srv/jail/bin/busybox
chroot /srv/jail /bin/busybox --install -s /bin
cd /srv/jail && chroot . /bin/busybox sh
