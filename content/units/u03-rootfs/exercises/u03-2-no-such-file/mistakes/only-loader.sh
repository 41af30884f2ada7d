# expect: no-library
install -D /lib64/ld-linux-x86-64.so.2 /srv/app/lib64/ld-linux-x86-64.so.2
chroot /srv/app /server {{port}}
