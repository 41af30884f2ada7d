# A second process called blue, in red's namespace, where red's server answers of course.
kill $(pgrep -x blue)
nsenter -t $(pgrep -x red) -n ip link set lo up
nsenter -t $(pgrep -x red) -n ip addr add 10.{{n}}.0.2/24 dev lo
nsenter -t $(pgrep -x red) -n blue counter > /dev/null &
