setpriv --reuid 1001 --regid 1001 --clear-groups bash
#: answer secret=$(su web -c "cat /proc/$(pgrep -x blog)/environ" | tr '\0' '\n' | sed -n s/DB_PASSWORD=//p)
#: until look
#: terminal second
su web
pkill -x blog
