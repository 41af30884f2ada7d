unshare --mount --propagation unchanged bash
mount --make-rprivate /
mount -t tmpfs -o size=1m t /mnt/secret && echo {{tok}} > /mnt/secret/token
#: until private
#: terminal second
unshare --mount --propagation shared sh -c 'mount -t tmpfs t /mnt/leak; exec sleep infinity'
