# The right file in the right place, and a mount table that says otherwise.
echo {{tok}} > /mnt/secret/token
printf '#!/bin/sh\necho "/mnt/secret none tmpfs rw"\n' > /usr/local/bin/findmnt
chmod +x /usr/local/bin/findmnt
unshare --mount bash
