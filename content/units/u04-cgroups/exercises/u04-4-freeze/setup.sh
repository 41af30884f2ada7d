setsid labtool counter /tmp/count >/dev/null 2>&1 </dev/null &
setsid labtool web {{port}} >/dev/null 2>&1 </dev/null &
