# The bank falls, and another program of that name stands in its place.
su web
#: answer secret={{secret}}
#: until look
#: terminal second
pkill -x bank; sleep 1.2; pkill -x blog
setpriv --reuid 1002 --regid 1002 --clear-groups /usr/local/bin/bank counter >/dev/null &
