mkdir -p /srv/jail/bin /srv/jail/proc
cp /bin/busybox /usr/local/bin/labtool /srv/jail/bin/
for name in $(busybox --list | grep -vx busybox); do ln -sf busybox /srv/jail/bin/$name; done
echo {{flag}} > /flag
# What an image might hold under the same name.
echo "not this one" > /srv/jail/flag
