unshare --mount bash
mount -t tmpfs none /mnt/secret
echo {{tok}} > /mnt/secret/token
#: until private
#: terminal second
unshare --mount --propagation unchanged bash
mount -t tmpfs none /mnt/leak
