# Everything answers, without a wire to anybody: the addresses and a server are in blue's own namespace.
nsenter -t $(pgrep -x blue) -n ip link set lo up
nsenter -t $(pgrep -x blue) -n ip addr add 10.{{n}}.0.2/24 dev lo
nsenter -t $(pgrep -x blue) -n ip addr add 10.{{n}}.0.3/24 dev lo
nsenter -t $(pgrep -x blue) -n labtool web 80 0.0.0.0 {{tok}} &
ip link add br0 type bridge
ip link set br0 up
