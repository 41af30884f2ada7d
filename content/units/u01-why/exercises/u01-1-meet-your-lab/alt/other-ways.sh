printf %s {{tok}} > hello
#: terminal second
unshare --mount sh -c 'mount -t tmpfs t /mnt; exec sleep infinity'
#: until limits
#: answer outside=$(grep -o ',uid=[0-9]*' /proc/$(pgrep -nx sleep)/mountinfo | head -1 | cut -d= -f2)
