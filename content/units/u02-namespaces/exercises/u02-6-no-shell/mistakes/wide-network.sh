# expect: prefix
nsenter -t $(pgrep -ox pay) -n bash
ip link set eth0 up
ip addr flush dev eth0
ip addr add 10.{{n}}.0.20/16 dev eth0
ip route replace default via 10.{{n}}.0.1
ip route del blackhole 10.{{n}}.1.0/24
