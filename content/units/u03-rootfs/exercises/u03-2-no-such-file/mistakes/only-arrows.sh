# expect: no-loader
for f in $(ldd /srv/app/server | grep '=>' | grep -o '/[^ ]*'); do install -D $f /srv/app$f; done
chroot /srv/app /server {{port}}
