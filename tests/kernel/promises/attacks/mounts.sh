# Tries to undo every mount that the lab was given; prints what succeeded.
cut -d' ' -f5 /proc/self/mountinfo | sort -ru > /tmp/given
while read -r target; do
    umount "$target" 2>/dev/null && echo "unmounted $target"
    umount -l "$target" 2>/dev/null && echo "detached $target"
    case " $(findmnt -no VFS-OPTIONS "$target" | tail -1)" in
        *ro,*|*ro) mount -o remount,bind,rw "$target" 2>/dev/null && echo "writable $target" ;;
    esac
done < /tmp/given
for flag in nosuid nodev noexec; do
    for target in $(findmnt -rno TARGET -O "$flag"); do
        other=$(findmnt -rno VFS-OPTIONS "$target" | tail -1 | sed "s/$flag/${flag#no}/")
        mount -o "remount,bind,$other" "$target" 2>/dev/null
        case ",$(findmnt -rno VFS-OPTIONS "$target" | tail -1)," in *",$flag,"*) ;; *) echo "lost $flag $target" ;; esac
    done
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
