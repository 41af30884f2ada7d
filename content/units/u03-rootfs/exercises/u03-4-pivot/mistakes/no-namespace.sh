# expect: everybody
mount --bind /srv/jail /srv/jail
cd /srv/jail
mkdir -p .old
pivot_root . .old
