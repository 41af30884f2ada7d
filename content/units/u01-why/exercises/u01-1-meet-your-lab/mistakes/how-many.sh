# expect: how-many
mount -t tmpfs none /mnt
#: until limits
#: answer outside=65536
