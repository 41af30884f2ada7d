# A program without a loader answers at the port, from the same root.
cp /usr/local/bin/labtool /srv/app/server
chroot /srv/app /server {{port}} &
