# expect: outer-down
ip link add br0 type bridge
ip link set br0 up
ip link add vred type veth peer name eth0 netns $(pgrep -x red)
ip link set vred master br0
nsenter -t $(pgrep -x red) -n ip link set eth0 up
