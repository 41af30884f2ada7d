# The old root on top of the new one; the cable made outside and moved in; the server in a terminal of its own.
if [ {{cg.version}} = 2 ]; then mkdir {{cg.memory}}/shell; for pid in $(cat {{cg.memory}}/cgroup.procs); do echo $pid > {{cg.memory}}/shell/cgroup.procs; done; echo +memory > {{cg.memory}}/cgroup.subtree_control; fi
cat > mini.sh <<'END'
set -euo pipefail
export LOWER=$(realpath "$1") NAME=$3 RUN=$(mktemp -d)
GROUP={{cg.memory}}/$3
mkdir -p "$GROUP"
echo "$2" > "$GROUP/{{cg.memory_limit}}"
echo $$ > "$GROUP/{{cg.procs}}"
shift 3
exec unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child bash -euc '
  mount -t tmpfs tmpfs "$RUN"
  cd "$RUN"
  mkdir up work root
  mount -t overlay -o "lowerdir=$LOWER,upperdir=up,workdir=work,userxattr" overlay root
  cd root
  mkdir -p proc dev
  mount -t proc proc proc
  mount -t tmpfs -o mode=755 tmpfs dev
  for d in null zero urandom; do touch dev/$d; mount --bind /dev/$d dev/$d; done
  hostname "$NAME"
  pivot_root . .
  umount -l .
  cd /
  export PATH=/bin
  exec "$@"
' bash "$@"
END
bash mini.sh /srv/images/web {{mem}}M box{{n}} /bin/server 80
#: terminal second
until P=$(pgrep -f '^/bin/server'); do sleep 0.2; done
nsenter --mount --target $P /bin/touch /made
ip link add c0 type veth peer name c1
ip link set c1 netns $P
ip addr add 10.{{n}}.0.1/24 dev c0; ip link set c0 up
nsenter --net --target $P ip addr add 10.{{n}}.0.2/24 dev c1; nsenter --net --target $P ip link set c1 up
