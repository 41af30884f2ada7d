# Two machines that are none: a process each, in a network namespace with nothing in it. red has a web server.
for name in red blue; do
    cp /usr/local/bin/labtool "/usr/local/bin/$name"
    setsid unshare --net "/usr/local/bin/$name" counter </dev/null >/dev/null 2>&1 &
done
for _ in $(seq 100); do
    pgrep -x red >/dev/null && pgrep -x blue >/dev/null && break
    sleep 0.05
done
setsid nsenter --net="/proc/$(pgrep -x red)/ns/net" labtool web 80 0.0.0.0 {{tok}} </dev/null >/dev/null 2>&1 &
for _ in $(seq 100); do
    nsenter --net="/proc/$(pgrep -x red)/ns/net" ss -Hltn | grep -q ':80 ' && exit
    sleep 0.05
done
echo "red's web server did not start" >&2
exit 1
