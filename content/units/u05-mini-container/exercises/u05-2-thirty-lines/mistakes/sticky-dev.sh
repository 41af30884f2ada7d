# expect: sticky-dev
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
  mkdir -p proc dev .old
  mount -t proc proc proc
  mount -t tmpfs tmpfs dev
  for d in null zero urandom; do touch dev/$d; mount --bind /dev/$d dev/$d; done
  hostname "$NAME"
  ip link set lo up
  pivot_root . .old
  export PATH=/bin
  umount -l /.old
  rmdir /.old
  exec "$@"
' bash "$@"
END
bash mini.sh /srv/images/web {{mem}}M box{{n}} /bin/server 80 &
