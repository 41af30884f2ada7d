# expect: too-late
unshare --mount bash
mount --bind /srv/jail /srv/jail
cd /srv/jail
mkdir -p .old
pivot_root . .old
export PATH=/bin
umount -l /.old
mount -t proc proc /proc
exec sh
