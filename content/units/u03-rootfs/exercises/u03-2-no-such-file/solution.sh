for f in $(ldd /srv/app/server | grep -o '/[^ ]*'); do install -D $f /srv/app$f; done
chroot /srv/app /server {{port}} &
