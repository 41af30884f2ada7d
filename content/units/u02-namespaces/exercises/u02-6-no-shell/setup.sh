# A payment service in namespaces of its own, from an "image" of one file, and a customer one network further on.
# Then something goes wrong with its network: {{fault}}
mkdir -p /srv/pay/bin /srv/pay/old
cp /usr/local/bin/labtool /srv/pay/bin/pay
cp /usr/local/bin/labtool /usr/local/bin/customer
setsid unshare --net --mount --uts --ipc --pid --fork sh -c '
    hostname pay && mount --bind /srv/pay /srv/pay && cd /srv/pay && pivot_root . old || exit 1
    /old/usr/bin/busybox umount -l /old
    exec /bin/pay web 8080 0.0.0.0 {{tok}}' </dev/null >/dev/null 2>&1 &
setsid unshare --net customer counter </dev/null >/dev/null 2>&1 &
found() { pgrep -x pay >/dev/null && pgrep -x customer >/dev/null; }
for _ in $(seq 200); do found && break; sleep 0.05; done
found || { echo "pay or customer did not start" >&2; exit 1; }

wire() { # NAME OUTER-DEVICE GATEWAY ADDRESS
    pid=$(pgrep -ox "$1")
    ip link add "$2" type veth peer name eth0 netns "$pid" &&
        ip addr add "$3/24" dev "$2" && ip link set "$2" up &&
        nsenter -t "$pid" -n ip addr add "$4" dev eth0 &&
        nsenter -t "$pid" -n ip link set eth0 up &&
        nsenter -t "$pid" -n ip route add default via "$3"
}
echo 1 > /proc/sys/net/ipv4/ip_forward
wire customer to-customer 10.{{n}}.1.1 10.{{n}}.1.2/24 || exit 1
address=10.{{n}}.0.20/24
[ {{fault}} = prefix ] && address=10.{{n}}.0.20/16
wire pay to-pay 10.{{n}}.0.1 "$address" || exit 1
inside() { nsenter -t "$(pgrep -ox pay)" -n "$@"; }
case {{fault}} in
    down) inside ip link set eth0 down ;;
    no-route) inside ip route del default ;;
    blackhole) inside ip route add blackhole 10.{{n}}.1.0/24 ;;
esac
