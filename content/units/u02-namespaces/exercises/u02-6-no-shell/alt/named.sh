ip netns attach pay $(pgrep -ox pay)
ip -n pay link set eth0 up
ip -n pay addr flush dev eth0
ip -n pay addr add 10.{{n}}.0.20/24 dev eth0
ip -n pay route flush type blackhole
ip -n pay route add 10.{{n}}.1.0/24 via 10.{{n}}.0.1
