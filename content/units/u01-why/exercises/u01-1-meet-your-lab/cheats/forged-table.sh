# A program that says what one wants to hear, and a mount table made of paper.
echo {{tok}} > /root/hello
printf '#!/bin/sh\necho "/mnt tmpfs tmpfs rw,uid=1000"\n' > /usr/local/bin/findmnt
chmod +x /usr/local/bin/findmnt
echo 'none /mnt tmpfs rw 0 0' > /etc/mtab
mkdir -p /mnt/tmpfs
#: answer outside=1000
