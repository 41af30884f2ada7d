# The learner is root: programs that answer what one wants to hear prove nothing.
printf '#!/bin/sh\necho box-{{n}}\n' > /usr/local/bin/hostname
chmod +x /usr/local/bin/hostname
cp /usr/local/bin/hostname /usr/bin/hostname
cp /usr/local/bin/hostname /usr/bin/uname
echo box-{{n}} > /etc/hostname
unshare --uts bash
hostname box-{{n}}
