# The loader also looks in /lib itself.
mkdir /srv/app/lib /srv/app/lib64
cp -L /lib64/ld-linux-x86-64.so.2 /srv/app/lib64/
cp /lib/x86_64-linux-gnu/libc.so.6 /srv/app/lib/
chroot /srv/app /server {{port}}
