# expect: both-ends-here
ip link add br0 type bridge
ip link set br0 up
ip link add vred type veth peer name eth0
