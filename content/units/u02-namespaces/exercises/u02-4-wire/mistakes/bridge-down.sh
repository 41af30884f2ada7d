# expect: bridge-down
ip link add br0 type bridge
ip link add vred type veth peer name eth0 netns $(pgrep -x red)
ip link set vred master br0 up
nsenter -t $(pgrep -x red) -n ip link set eth0 up
