# expect: was-root
unshare -Urm bash
touch ~/mine
