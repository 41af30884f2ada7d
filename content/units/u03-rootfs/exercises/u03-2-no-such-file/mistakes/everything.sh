# expect: too-big
cp -r /usr/lib /usr/lib64 /srv/app/
chroot /srv/app /server {{port}} &
