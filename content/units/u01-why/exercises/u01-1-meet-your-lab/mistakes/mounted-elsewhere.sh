# expect: mounted-elsewhere
mkdir -p /mnt/tmp
mount -t tmpfs none /mnt/tmp
