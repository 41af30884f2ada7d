# expect: copied
cp /usr/bin/busybox /proc/$(pgrep -ox pay)/root/bin/sh
