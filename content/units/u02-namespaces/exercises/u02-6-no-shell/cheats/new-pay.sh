# A fresh pay with a network that works; the old one, and what it knew, is gone.
kill -9 $(pgrep -ox pay)
sleep 1
unshare --net /srv/pay/bin/pay web 8080 0.0.0.0 {{tok}} > /dev/null &
sleep 1
ip link del to-pay
ip link add to-pay type veth peer name eth0 netns $(pgrep -ox pay)
ip addr add 10.{{n}}.0.1/24 dev to-pay
ip link set to-pay up
nsenter -t $(pgrep -ox pay) -n ip addr add 10.{{n}}.0.20/24 dev eth0
nsenter -t $(pgrep -ox pay) -n ip link set eth0 up
nsenter -t $(pgrep -ox pay) -n ip route add default via 10.{{n}}.0.1
