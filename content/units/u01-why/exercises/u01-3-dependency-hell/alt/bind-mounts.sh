upgrade-b
#: answer missing=greet
#: until conflict
unshare --mount sh -c 'mount --bind /srv/a/usr/lib/greet /usr/lib/greet; exec app-a' &
app-b &
