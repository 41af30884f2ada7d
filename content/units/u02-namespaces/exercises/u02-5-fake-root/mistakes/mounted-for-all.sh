# expect: mounted-for-all
mount -t tmpfs none /mnt
