# Tries to undo every mount that the lab was given; prints what succeeded.
cut -d' ' -f5 /proc/self/mountinfo | sort -ru > /tmp/given
while read -r target; do
    umount "$target" 2>/dev/null && echo "unmounted $target"
    umount -l "$target" 2>/dev/null && echo "detached $target"
done < /tmp/given
awk 'index("," $6 ",", ",ro,") {print $5}' /proc/self/mountinfo > /tmp/read-only
while read -r target; do
    mount -o remount,bind,rw "$target" 2>/dev/null && echo "writable $target"
done < /tmp/read-only
for flag in nosuid nodev noexec; do
    awk -v flag="$flag" 'index("," $6 ",", "," flag ",") {print $5, $6}' /proc/self/mountinfo > /tmp/flagged
    while read -r target options; do
        mount -o "remount,bind,$(printf %s "$options" | sed "s/$flag/${flag#no}/")" "$target" 2>/dev/null &&
            echo "lost $flag $target"
    done < /tmp/flagged
done
for target in $(findmnt -rno TARGET -t tmpfs); do
    mount -o remount,size=900m "$target" 2>/dev/null && echo "larger $target"
done
for type in debugfs tracefs securityfs configfs devtmpfs pstore efivarfs nfsd ext4 xfs; do
    mkdir -p /tmp/at
    mount -t "$type" none /tmp/at 2>/dev/null && echo "mounted $type"
done
truncate -s 16M /tmp/disk
mount -o loop -t ext4 /tmp/disk /tmp/at 2>/dev/null && echo "mounted a loop"
echo done
