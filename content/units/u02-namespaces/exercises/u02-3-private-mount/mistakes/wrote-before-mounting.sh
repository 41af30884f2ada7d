# expect: plain-file
unshare --mount bash
echo {{tok}} > /mnt/secret/token
mount -t tmpfs none /mnt/secret
