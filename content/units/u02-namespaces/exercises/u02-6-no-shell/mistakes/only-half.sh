# expect: no-route
nsenter -t $(pgrep -ox pay) -n ip link set eth0 down
nsenter -t $(pgrep -ox pay) -n ip link set eth0 up
