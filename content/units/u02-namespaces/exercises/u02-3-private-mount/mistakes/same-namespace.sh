# expect: same-namespace
mount -t tmpfs none /mnt/secret
echo {{tok}} > /mnt/secret/token
