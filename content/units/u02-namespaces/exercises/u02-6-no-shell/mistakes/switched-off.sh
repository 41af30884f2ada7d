# expect: link-down
nsenter -t $(pgrep -ox pay) -n ip link set eth0 down
