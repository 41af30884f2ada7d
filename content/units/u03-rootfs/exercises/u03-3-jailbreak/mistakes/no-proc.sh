# expect: mounted-elsewhere
chroot /srv/jail /bin/sh
ps
