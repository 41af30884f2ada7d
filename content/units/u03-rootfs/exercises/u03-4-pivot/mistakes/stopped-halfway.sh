# expect: not-yet-pivoted
unshare --mount bash
mount --bind /srv/jail /srv/jail
cd /srv/jail
