# expect: address-outside
ip link add br0 type bridge
ip link set br0 up
ip link add vred type veth peer name eth0 netns $(pgrep -x red)
ip link set vred master br0 up
ip addr add 10.{{n}}.0.2/24 dev vred
