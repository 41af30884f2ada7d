# On most distributions systemd makes / shared. Without that nothing can leak, and the second half shows nothing.
mount --make-rshared /
mkdir -p /mnt/secret /mnt/leak
