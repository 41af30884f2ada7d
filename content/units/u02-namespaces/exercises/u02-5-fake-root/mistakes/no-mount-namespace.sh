# expect: shared-mounts
su alice
unshare -Ur bash
touch ~/mine
#: until become
mount -t tmpfs none /mnt
