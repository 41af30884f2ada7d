unshare --mount bash
mount --bind /srv/jail /srv/jail
cd /srv/jail
mkdir -p .old
mount -t proc proc proc
pivot_root . .old
export PATH=/bin
umount -l /.old
exec sh
