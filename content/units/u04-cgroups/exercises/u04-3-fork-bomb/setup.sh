setsid labtool forker 2 90 >/tmp/forker.log 2>&1 </dev/null &
