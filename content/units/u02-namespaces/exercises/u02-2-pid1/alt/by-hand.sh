unshare --pid --fork --mount bash
mount -t proc proc /proc
sleep 1000 &
#: until born
#: terminal second
kill -9 $(lsns -n -t pid -o PID | awk '$1 != 1')
