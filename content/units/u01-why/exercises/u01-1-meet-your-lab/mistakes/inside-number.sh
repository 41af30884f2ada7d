# expect: inside-number
echo {{tok}} > /root/hello
mount -t tmpfs none /mnt
#: until limits
#: answer outside=0
