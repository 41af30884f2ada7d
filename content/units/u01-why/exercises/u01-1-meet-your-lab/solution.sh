echo {{tok}} > /root/hello
mount -t tmpfs none /mnt
#: until limits
#: answer outside=$(findmnt -no OPTIONS /mnt | grep -o 'uid=[0-9]*' | cut -d= -f2)
