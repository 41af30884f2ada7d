ip netns attach red $(pgrep -x red)
ip link add br0 type bridge
ip link set br0 up
ip link add r type veth peer name r-in
ip link set r-in netns red
ip link set r master br0 up
ip -n red addr add 10.{{n}}.0.2/24 dev r-in
ip -n red link set r-in up
nsenter -t $(pgrep -x blue) -n bash
ip link add eth0 type veth peer name vb netns 1
ip addr add 10.{{n}}.0.3/24 dev eth0
ip link set eth0 up
#: terminal second
until ip link show vb; do sleep 0.5; done
ip link set vb master br0 up
