# expect: b-silent
upgrade-b
#: answer missing=greet
#: until conflict
chroot /srv/a app-a &
chroot /srv/a app-b &
