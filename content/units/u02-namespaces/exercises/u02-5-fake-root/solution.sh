su alice
unshare -Urm bash
touch ~/mine
#: until become
chown bob ~/mine
mount -t tmpfs none /mnt
kill $(pgrep -x ledger)
hostname my-own-box
