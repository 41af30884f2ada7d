setsid labtool cpuhog 2 >/dev/null 2>&1 </dev/null &
setsid labtool jitter >/tmp/jitter.log 2>&1 </dev/null &
