# expect: dangling
mkdir /srv/app/lib64
cp -a /lib64/ld-linux-x86-64.so.2 /srv/app/lib64/
chroot /srv/app /server {{port}}
