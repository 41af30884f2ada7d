unshare --pid --fork --mount-proc bash
sleep 1000 &
kill -9 1
#: until born
#: terminal second
kill -9 $(lsns -n -t pid -o PID | awk '$1 != 1')
