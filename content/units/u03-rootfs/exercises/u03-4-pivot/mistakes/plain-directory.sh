# expect: no-mount-point
unshare --mount bash
cd /srv/jail
mkdir -p .old
pivot_root . .old
