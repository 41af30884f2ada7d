# expect: flat
for f in $(ldd /srv/app/server | grep -o '/[^ ]*'); do cp $f /srv/app/; done
chroot /srv/app /server {{port}}
