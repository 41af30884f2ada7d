ip link add br0 type bridge
ip link set br0 up
ip link add vred type veth peer name eth0 netns $(pgrep -x red)
ip link set vred master br0 up
nsenter -t $(pgrep -x red) -n ip addr add 10.{{n}}.0.2/24 dev eth0
nsenter -t $(pgrep -x red) -n ip link set eth0 up
ip link add vblue type veth peer name eth0 netns $(pgrep -x blue)
ip link set vblue master br0 up
nsenter -t $(pgrep -x blue) -n ip addr add 10.{{n}}.0.3/24 dev eth0
nsenter -t $(pgrep -x blue) -n ip link set eth0 up
nsenter -t $(pgrep -x blue) -n curl -s http://10.{{n}}.0.2/version
