W=/srv/images/web
mkdir -p $W/bin $W/etc $W/root $W/tmp
chmod 1777 $W/tmp
cp /bin/busybox $W/bin/busybox
cp /usr/local/bin/labtool $W/bin/server
for name in $(busybox --list | grep -vx busybox); do ln -sf busybox $W/bin/$name; done
echo {{cell}} > $W/etc/cell
cat > /root/mini.sh <<'END'
#!/bin/bash
# mini.sh ROOTFS MEMORY NAME COMMAND...
set -euo pipefail
export LOWER=$(realpath "$1") MEMORY=$2 NAME=$3 RUN=$(mktemp -d)
GROUP={{cg.memory}}/$NAME
shift 3

# 1. How much: a group with a limit, joined before anything is used.
mkdir -p "$GROUP"
echo "$MEMORY" > "$GROUP/{{cg.memory_limit}}"
echo $$ > "$GROUP/__1__"

# 2. What is seen: six new namespaces, then bash as process 1.
exec unshare __2__ --fork --kill-child bash -euc '
  # 3. Files: the image below, a writable sheet above; both seen as one.
  mount -t tmpfs tmpfs "$RUN"
  cd "$RUN"
  mkdir up work root
  mount -t overlay -o "lowerdir=__3__,upperdir=up,workdir=work,__4__" overlay root
  cd root
  mkdir -p proc dev .old
  mount -t __5__ proc proc
  mount -t tmpfs -o mode=755 tmpfs dev
  for d in null zero urandom; do touch dev/$d; mount --bind /dev/$d dev/$d; done

  # 4. A name, and a network with nobody in it but itself.
  hostname "$NAME"
  ip link set lo up

  # 5. Exchange the roots, and burn the bridge.
  __6__ . .old
  export PATH=/bin
  umount __7__ /.old
  rmdir /.old

  # 6. Become the program.
  exec "$@"
' bash "$@"
END
