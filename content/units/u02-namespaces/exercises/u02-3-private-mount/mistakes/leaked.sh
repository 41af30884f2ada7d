# expect: leaked-by-peer
unshare --mount --propagation unchanged bash
mount -t tmpfs none /mnt/secret
echo {{tok}} > /mnt/secret/token
