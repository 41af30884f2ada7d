# Programs and files that say root or alice; no namespace anywhere.
su alice
touch ~/mine
alias id='echo "uid=0(root) gid=0(root)"'
#: terminal second
sed -i 's/^alice:x:1000:1000/alice:x:0:0/' /etc/passwd
mount -t tmpfs none /home/bob
unshare -m sh -c 'mount -t tmpfs t /mnt; exec sleep infinity' &
