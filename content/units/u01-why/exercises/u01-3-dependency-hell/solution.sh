app-a &
upgrade-b
kill %1
app-a
#: answer missing=greet
#: until conflict
chroot /srv/a app-a &
chroot /srv/b app-b &
